"""The server: federated averaging, on request by secure aggregation or with noise.

SecAgg+ exists in Flower's workflows only, so all runs use these, and the strategies that fit them.
"""

import numpy as np
from flwr.common import Context, ndarrays_to_parameters
from flwr.server import Grid, LegacyContext, ServerApp, ServerConfig
from flwr.server.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg
from flwr.server.workflow import DefaultWorkflow, SecAggPlusWorkflow
from flwr.serverapp import (
    GaussianPrivacyEvent,
    NeighboringRelation,
    PrivacyConfig,
    RdpAccountant,
    SamplingMethod,
)

app = ServerApp()

# Smaller than one over any number of nodes that is of interest.
DELTA = 1e-6
# Of weights under SecAgg+: from -4 to 4 in steps of 2e-6, with room for the sum of 1,000 nodes.
RANGE = 4.0


def epsilon(noise_multiplier: float, nodes: int, rounds: int) -> float:
    """ε of one node after all rounds, by Flower's accountant. All nodes take part in every round, so
    there is no amplification by sampling."""
    accountant = RdpAccountant(
        PrivacyConfig(
            target_delta=DELTA,
            population_size=nodes,
            neighboring_relation=NeighboringRelation.ADD_OR_REMOVE_ONE,
            sampling_method=SamplingMethod.NO_AMPLIFICATION,
        )
    )
    event = GaussianPrivacyEvent(noise_multiplier, sample_size=nodes, population_size=nodes)
    accountant.compose(event, count=rounds)
    return accountant.get_epsilon(DELTA)


@app.main()
def main(grid: Grid, context: Context) -> None:
    run = context.run_config
    nodes, rounds = int(run["nodes"]), int(run["rounds"])
    noise, secure = float(run["noise-multiplier"]), bool(run["secure-aggregation"])
    if noise > 0 and secure:
        raise ValueError(
            "the server clips what it sees, and with secure aggregation it sees nothing: choose one"
        )
    start = np.fromfile(run["start"], dtype="<f4")

    last = start

    def keep(server_round, parameters, _config):
        """Writes the weights after each round, and tells how far they have moved from the start."""
        nonlocal last
        weights = parameters[0].astype("<f4")
        if server_round > 0 and np.array_equal(weights, last):
            # Flower goes on with the old weights, and the figures would be of fewer rounds.
            raise RuntimeError(f"round {server_round}: not all nodes answered, see their logs")
        last = weights
        # A file without the last round must not look like a result.
        if server_round == rounds:
            weights.tofile(run["out"])
        return float(np.linalg.norm(weights - start)), {}

    strategy = FedAvg(
        fraction_fit=1.0,
        fraction_evaluate=0.0,
        min_fit_clients=nodes,
        min_available_clients=nodes,
        # A round without one of the nodes would be another experiment.
        accept_failures=False,
        initial_parameters=ndarrays_to_parameters([start]),
        on_fit_config_fn=lambda server_round: {"round": server_round},
        evaluate_fn=keep,
    )
    if noise > 0:
        # Flower draws its noise from NumPy's shared generator: right for a study that is to be
        # repeated, wrong for a release, whose noise must be secret.
        np.random.seed(int(run["seed"]))
        strategy = DifferentialPrivacyServerSideFixedClipping(
            strategy, noise, float(run["clipping-norm"]), nodes
        )
        print(
            f"epsilon of one node after {rounds} rounds: {epsilon(noise, nodes, rounds):.2f} "
            f"(delta {DELTA}, noise multiplier {noise}, Renyi accountant)",
            flush=True,
        )
    workflow = None
    if secure:
        # SecAgg+ would cut off larger ones without a word, and training moves them little.
        if np.abs(start).max() > 0.9 * RANGE:
            raise ValueError(f"a weight is beyond {0.9 * RANGE}: SecAgg+ needs a larger RANGE")
        # Every node shares its key with all others.
        workflow = SecAggPlusWorkflow(
            num_shares=1.0, reconstruction_threshold=0.6, max_weight=1, clipping_range=RANGE
        )
    DefaultWorkflow(fit_workflow=workflow)(
        grid,
        LegacyContext(
            context=context, config=ServerConfig(num_rounds=rounds), strategy=strategy
        ),
    )
