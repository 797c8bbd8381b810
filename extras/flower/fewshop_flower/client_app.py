"""A node: a group of shoppers. It trains with the Rust trainer, in a process of its own."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from flwr.client import ClientApp, NumPyClient
from flwr.client.mod import secaggplus_mod
from flwr.common import Context


class Node(NumPyClient):
    def __init__(self, context: Context) -> None:
        self.run = context.run_config
        # A node knows where its program and its sessions are, and the server does not. In a
        # simulation the run says it for all.
        files = {name: self.run[name] for name in ("fewshop", "pack", "events")}
        self.own = files | context.node_config

    def fit(self, parameters, config):
        group = int(self.own["partition-id"])
        # Every round draws other cases, every node its own.
        seed = int(self.run["seed"]) + 1000 * int(config["round"]) + group
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder, "before.f32"), Path(folder, "after.f32")
            # SecAgg+ hands out 64-bit numbers.
            parameters[0].astype("<f4").tofile(before)
            command = [
                self.own["fewshop"], "study", "federated", "train",
                "--pack", self.own["pack"],
                "--events", self.own["events"],
                "--group", group,
                "--groups", self.own["num-partitions"],
                "--weights", before,
                "--learning-rate", self.run["learning-rate"],
                "--draws", self.run["draws"],
                "--seed", seed,
                "--out", after,
            ]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip())
            print(f"group {group}: {done.stdout.strip()}", flush=True)
            weights = np.fromfile(after, dtype="<f4")
        # Every node counts the same: with other weights neither the promise of differential privacy
        # nor the size of its noise would be as computed.
        return [weights], 1, {}


def masked_if_asked(message, context, call_next):
    """Runs the node's part of SecAgg+ if this run asks for it."""
    if context.run_config["secure-aggregation"]:
        return secaggplus_mod(message, context, call_next)
    return call_next(message, context)


def client_fn(context: Context):
    return Node(context).to_client()


app = ClientApp(client_fn=client_fn, mods=[masked_if_asked])
