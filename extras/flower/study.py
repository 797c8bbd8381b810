"""Runs the whole study on this machine: a SuperLink and SuperNodes on loopback, and the runs one
after the other. README.md has the command."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
TRIES = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fewshop", type=Path, required=True, help="the program")
    parser.add_argument("--pack", type=Path, required=True, help="the pack, as trained")
    parser.add_argument("--events", type=Path, required=True, help="sessions since its training")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and packs")
    parser.add_argument("--nodes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--draws", type=int, default=4, help="cases drawn from each session in each round"
    )
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--clipping-norm", type=float, default=0.1)
    parser.add_argument(
        "--noise",
        default="1,0.01",
        help="noise multipliers for the runs with differential privacy",
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--simulate",
        action="store_true",
        help="Flower's simulation engine in place of SuperNodes: fewer processes, the same app",
    )
    parser.add_argument(
        "--only", help="names of the runs, of average, secure, noise-Z and central [all]"
    )
    return parser.parse_args()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Federation:
    """A SuperLink and its SuperNodes, which end with it."""

    def __init__(self, args: argparse.Namespace, home: Path) -> None:
        files = {"fewshop": args.fewshop, "pack": args.pack, "events": args.events}
        self.files = {name: path.resolve() for name, path in files.items()}
        self.simulated = args.nodes if args.simulate else None
        self.processes: list[subprocess.Popen] = []
        # Nothing of this study belongs into the user's own settings, or to Flower's statistics.
        self.env = os.environ | {"FLWR_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0"}
        # The processes that Flower starts by name are those of this environment.
        self.env["PATH"] = f"{BIN}{os.pathsep}{self.env['PATH']}"
        self.logs = home
        port = free_port()
        home.mkdir(parents=True, exist_ok=True)
        (home / "config.toml").write_text(
            '[superlink]\ndefault = "loopback"\n'
            f'[superlink.loopback]\naddress = "127.0.0.1:{port}"\ninsecure = true\n'
        )
        # The environment has all that the app needs.
        self.start(
            "superlink", "flower-superlink", "--insecure", "--port", port,
            "--disable-runtime-dependency-installation",
            *(["--simulation"] if args.simulate else []),
        )  # fmt: skip
        self.wait_for(port)
        for node in range(0 if args.simulate else args.nodes):
            # The names that the simulation has as well.
            config = [f"partition-id={node} num-partitions={args.nodes}"]
            config += [f"{name}={toml(path)}" for name, path in self.files.items()]
            self.start(
                f"node-{node}", "flower-supernode", "--insecure",
                "--superlink", f"127.0.0.1:{port}", "--port", free_port(),
                "--node-config", " ".join(config),
            )  # fmt: skip

    def start(self, name: str, *command) -> None:
        log = open(self.logs / f"{name}.log", "w")
        words = [str(BIN / command[0]), *map(str, command[1:])]
        self.processes.append(
            subprocess.Popen(
                words,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: an interrupted run must not leave what Flower has started.
                start_new_session=True,
            )
        )

    def wait_for(self, port: int) -> None:
        for _ in range(600):
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit(f"the SuperLink does not answer: see {self.logs}/superlink.log")

    def run(self, **config) -> None:
        """One run of the app."""
        command = [str(BIN / "flwr"), "run", str(HERE), "loopback", "--stream"]
        if self.simulated:
            # Simulated nodes have no settings of their own.
            config |= self.files
            simulation = f"num_supernodes={self.simulated} client_resources_num_cpus=1"
            command += ["--federation-config", simulation]
        words = [f"{name.replace('_', '-')}={toml(value)}" for name, value in config.items()]
        subprocess.run(
            [*command, "--run-config", " ".join(words)], env=self.env, check=True
        )

    def close(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def toml(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, (str, Path)) else str(value)


def fewshop(args: argparse.Namespace, *words) -> None:
    subprocess.run([str(args.fewshop), "study", "federated", *map(str, words)], check=True)


def central(args: argparse.Namespace, start: Path, out: Path) -> None:
    """The same steps on all sessions together: a measure of what averaging could reach."""
    weights = start
    for at in range(1, args.rounds + 1):
        fewshop(
            args, "train", "--pack", args.pack, "--events", args.events, "--weights", weights,
            "--draws", args.draws, "--learning-rate", args.learning_rate,
            "--seed", args.seed + 1000 * at, "--out", out,
        )  # fmt: skip
        weights = out


def main() -> None:
    args = arguments()
    args.fewshop, args.out = args.fewshop.resolve(), args.out.resolve()
    args.out.mkdir(parents=True, exist_ok=True)
    start = args.out / "start.f32"
    fewshop(args, "weights", "--pack", args.pack, "--out", start)
    runs: dict[str, dict] = {"average": {}, "secure": {"secure_aggregation": True}}
    for noise in filter(None, args.noise.split(",")):
        runs[f"noise-{noise}"] = {"noise_multiplier": float(noise)}
    names = args.only.split(",") if args.only else [*runs, "central"]
    if unknown := set(names) - {*runs, "central"}:
        raise SystemExit(f"no run is called {', '.join(sorted(unknown))}")
    federation = None
    try:
        for name in names:
            began = time.monotonic()
            weights = args.out / f"{name}.f32"
            weights.unlink(missing_ok=True)
            if name == "central":
                central(args, start, weights)
            else:
                federation = federation or Federation(args, args.out / "flower")
                settings = {
                    "nodes": args.nodes,
                    "rounds": args.rounds,
                    "learning_rate": args.learning_rate,
                    "draws": args.draws,
                    "clipping_norm": args.clipping_norm,
                    "seed": args.seed,
                    "start": start,
                    "out": weights,
                } | runs[name]
                # On a machine that is busy for a minute a node misses its heartbeat, and the run is
                # lost. The same seeds give the same run.
                for _ in range(TRIES):
                    federation.run(**settings)
                    if weights.exists():
                        break
            if not weights.exists():
                raise SystemExit(f"{name} left no weights: see {args.out}/flower")
            pack = args.out / f"{name}.pack"
            fewshop(args, "pack", "--pack", args.pack, "--weights", weights, "--out", pack)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    finally:
        if federation:
            federation.close()


if __name__ == "__main__":
    main()
