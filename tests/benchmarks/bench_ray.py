"""How a batch grows with machines and with model servers: the figures of docs/scaling.md.

    python tests/benchmarks/bench_ray.py [--films N] [--scenes N] [--only WORD ...]

The machines are simulated by Ray (`ray.cluster_utils`): a raylet each, with one processor, all on this one. The model
servers are local ones that answer a second after they are asked, one question at a time, and count how many they are at
work on. No film is cut: ffmpeg takes all processors, and here the machines would take them from each other.

- One machine with its own server against two with one each; then two machines that share one server.
- The same films without Ray, which is what Ray costs.
- What a film takes by its length, with the builtin backend: what the machine itself does.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import films
from servers.faults import Takes
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent.batch import BatchAccount, Engine, LocalEngine, open_batch
from autocut_director.agent.batch.cluster.engine import RayEngine
from autocut_director.agent.director import build_director
from autocut_director.agent.settings import Settings

LATENCY, SLOTS = 1.0, 1
NOWHERE = "http://127.0.0.1:9"
LOOPBACK = "127.0.0.2"
CASES = (
    ("one server without Ray", 0, 1),
    ("1 machine with its own server", 1, 1),
    ("2 machines with a server each", 2, 2),
    ("2 machines that share one server", 2, 1),
)
ASKED = {"planner": "builtin", "duration": 10, "max_scenes": 0, "no_render": True}


def make_films(folder: Path, count: int, scenes: int) -> Path:
    folder.mkdir()
    for number in range(count):  # of a size each, so that no two share a still
        size = films.SIZE[0] + 16 * number, films.SIZE[1]
        films.make_film(folder / f"{number}.mp4", shots=[25] * scenes, size=size, sound=False)
    return folder


@contextmanager
def server() -> Iterator[tuple[Server, Takes]]:
    counted = Takes(LATENCY)
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=SLOTS),), fault=counted)) as role:
        yield role, counted


@contextmanager
def cluster(machines: Sequence[str]) -> Iterator[Any]:
    """A cluster of one machine for each URL in `machines`, which is its own LM Studio's."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "node_ip_address": LOOPBACK}
    made = Cluster(initialize_head=True, head_node_args=head)
    for url in machines:
        made.add_node(num_cpus=1, node_ip_address=LOOPBACK, env_vars={"LMSTUDIO_HOST": url})
    try:
        yield made
    finally:
        made.shutdown()


def done(shelf: Path, engine: Engine, out: Path) -> BatchAccount:
    batch = open_batch([shelf], out, {**ASKED, "vision": "lmstudio"})
    list(batch.run(engine))
    if any(film.status != "done" or film.described != film.scenes for film in batch.account.films):
        raise SystemExit(f"not every scene was described: {batch.account.films}")
    return batch.account


def on_machines(shelf: Path, urls: Sequence[str], work: Path) -> BatchAccount:
    settings = Settings(ollama_host=NOWHERE, cache_dir=work / "store")  # where LM Studio is, each machine says
    with cluster(urls) as made:
        return done(shelf, RayEngine(settings, address=made.address), work / "out")


def here(shelf: Path, url: str, work: Path) -> BatchAccount:
    settings = Settings(ollama_host=NOWHERE, lmstudio_host=url, cache_dir=work / "store")
    return done(shelf, LocalEngine(build_director(settings)), work / "out")


def by_length(folder: Path, minutes: Sequence[int]) -> list[tuple[int, float, float]]:
    """For each length: what finding, stills, measuring and builtin's look take, and then the film; in seconds."""
    found = []
    for length in minutes:
        film = films.make_film(folder / f"{length} min.mp4", shots=[125] * (12 * length), size=(1280, 720))
        settings = Settings(ollama_host=NOWHERE, lmstudio_host=f"{NOWHERE}/v1", cache_dir=folder / f"store {length}")
        asked = {"video": film, "out": folder / f"out {length}", "vision": "builtin", "planner": "builtin"}
        steps = build_director(settings).invoke({**asked, "duration": 30}).run.steps
        found.append((length, sum(steps.values()) - steps["deliver"], steps["deliver"]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--only", nargs="*", default=["Ray", "own", "each", "share", "minutes"])
    asked = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    console = Console()
    table = Table("what", "seconds", "to the first machine", "most at once at a server", "what the servers allow, s")
    with tempfile.TemporaryDirectory() as scratch:
        work, first = Path(scratch), 0.0
        shelf = make_films(work / "films", asked.films, asked.scenes)
        for name, machines, servers in [case for case in CASES if set(case[0].split()) & set(asked.only)]:
            with server() as (one, peak), server() as (two, other):
                urls = [one.url, two.url if servers > 1 else one.url][:machines]
                folder = work / name
                folder.mkdir()
                done_ = on_machines(shelf, urls, folder) if machines else here(shelf, one.url, folder)
                requests = len(one.seen) + len(two.seen)
            first = done_.seconds if machines == 1 else first
            scenes = sum(film.described for film in done_.films)
            allowed = scenes * LATENCY / SLOTS / servers
            ratio = f"{first / done_.seconds:.2f}" if first else ""
            most = str(max(peak.peak, other.peak))
            table.add_row(name, f"{done_.seconds:.1f}", ratio, most, f"{allowed:.0f}")
            console.print(f"{name}: {done_.seconds:.1f} s, {requests} requests for {scenes} scenes")
        console.print(table)
        if "minutes" not in asked.only:
            return
        lengths = Table("minutes of 720p", "read, measured and seen by builtin, s", "cut to 30 s of film, s")
        for minutes, read, cut in by_length(work, (1, 2, 4)):
            lengths.add_row(str(minutes), f"{read:.1f}", f"{cut:.1f}")
        console.print(lengths)


if __name__ == "__main__":
    main()
