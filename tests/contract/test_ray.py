"""Many films on a cluster: the same results, the servers' places kept, and nothing lost when a worker or machine dies.

The cluster is Ray's own simulation of several machines: a raylet each, all on this one.
"""

import asyncio
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import films
import psutil
import pytest
from servers import faults
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director import Settings, build_director
from autocut_director.agent.batch import Batch, LocalEngine, open_batch
from autocut_director.agent.batch.cluster.engine import RayEngine
from autocut_director.agent.batch.cluster.slots import SlotKeeper
from autocut_director.agent.hosts import here_at
from autocut_director.errors import InputError
from autocut_director.tools.store.upkeep import holdings

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1", "127.0.0.2"])  # Ray takes no 127.0.0.1 for its own

NOWHERE = "http://127.0.0.1:9"
SLOTS, LATENCY, LEASE = 2, 0.3, 2.0
FILMS, SCENES = 3, 5
KEY = "sk-very-secret"
ASKED = {"vision": "lmstudio", "planner": "builtin", "duration": 3, "max_scenes": 0, "no_render": True}


# ---------------------------------------------------------------- without a cluster


def test_a_place_comes_back_when_its_holder_is_heard_of_no_more() -> None:
    async def played() -> None:
        keeper = SlotKeeper(lease_seconds=0.4)
        first, second = await keeper.acquire("a", 2), await keeper.acquire("a", 2)
        await asyncio.wait_for(keeper.acquire("b", 1), 0.1)  # another server's
        third = asyncio.create_task(keeper.acquire("a", 2))
        for _ in range(4):
            await asyncio.sleep(0.2)
            await keeper.renew([first, second])
        assert not third.done()
        await keeper.release(first)
        await asyncio.wait_for(third, 0.1)
        started = time.monotonic()
        await asyncio.wait_for(keeper.acquire("a", 2), 1)
        assert 0.2 < time.monotonic() - started < 0.6
        assert second[0] == "a"

    asyncio.run(played())


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://localhost:1234/v1", "http://10.0.0.7:1234/v1"),
        ("http://127.0.0.1:1234/v1", "http://10.0.0.7:1234/v1"),
        ("http://[::1]:1234/v1", "http://10.0.0.7:1234/v1"),
        ("http://studio:1234/v1", "http://studio:1234/v1"),
    ],
)
def test_localhost_is_each_machines_own(url: str, known: str) -> None:
    assert here_at(url, "10.0.0.7") == known


def test_without_ray_the_extra_is_named(film: Path, tmp_path: Path) -> None:
    asked = ["batch", str(film), "--out", str(tmp_path / "out"), "--engine", "ray"]
    blocked = (
        f"import sys; sys.modules['ray'] = None; from autocut_director.__main__ import run; sys.exit(run({asked}))"
    )
    ended = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert 'Ray is not installed: pip install "autocut-director[ray]"' in ended.stderr.strip().splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:9", "No Ray cluster answers at 127.0.0.1:9 ("),
        ("127.0.0.1:99999", "No Ray cluster answers at 127.0.0.1:99999 ("),
        ("ray://127.0.0.1:10001", "is a client's address; name the cluster's own"),
    ],
)
def test_where_no_cluster_answers_it_is_said_at_once(film: Path, tmp_path: Path, address: str, said: str) -> None:
    pytest.importorskip("ray")
    batch = open_batch([film], tmp_path / "out", ASKED)
    with pytest.raises(InputError, match=re.escape(said)):
        list(batch.run(RayEngine(Settings(), address=address)))


# ---------------------------------------------------------------- two machines


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two machines with a processor each, beside the one where batches are started, which has none."""
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "node_ip_address": "127.0.0.2"}
        made = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            made.add_node(num_cpus=1, node_ip_address="127.0.0.2")
        yield made
        made.shutdown()


@pytest.fixture
def counted() -> faults.Takes:
    return faults.Takes(LATENCY)


@pytest.fixture
def lmstudio(counted: faults.Takes) -> Iterator[Server]:
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=SLOTS),), fault=counted)) as role:
        yield role


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films of a few scenes each, no two of which share a still."""
    folder = tmp_path_factory.mktemp("shelf")
    width, height = films.SIZE
    for number in range(FILMS):
        size = width + 16 * number, height
        films.make_film(folder / f"影片 {number}.mp4", shots=[15] * SCENES, size=size, sound=False)
    return folder


def settings_of(role: Server, store: Path) -> Settings:
    return Settings(lmstudio_host=role.url, ollama_host=NOWHERE, cache_dir=store, lm_api_token=KEY)


def engine(cluster: Any, settings: Settings) -> RayEngine:
    return RayEngine(settings, address=cluster.address, lease_seconds=LEASE)


def summary(folder: Path) -> dict[str, Any]:
    """What a film came to."""
    return {name: json.loads((folder / name).read_text(encoding="utf-8")) for name in ("scenes.json", "plan.json")}


def twice(role: Server) -> Counter[str]:
    """The questions that were asked more than once, by their digest."""
    counts = Counter(digest(seen.body) for seen in role.seen)
    return Counter({question: count for question, count in counts.items() if count > 1})


def digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def test_results_are_the_same_and_no_server_gets_more_than_it_has_places(
    cluster: Any, lmstudio: Server, counted: faults.Takes, shelf: Path, tmp_path: Path
) -> None:
    batch = open_batch([shelf], tmp_path / "ray", ASKED)
    list(batch.run(engine(cluster, settings_of(lmstudio, tmp_path / "store"))))
    assert {seen.key for seen in lmstudio.seen} == {KEY}
    logs = Path(cluster.head_node.get_session_dir_path(), "logs")
    assert not [log for log in logs.rglob("*") if log.is_file() and KEY.encode() in log.read_bytes()]
    assert [film.status for film in batch.account.films] == ["done"] * FILMS, batch.account.films
    assert (len(lmstudio.seen), counted.peak, twice(lmstudio)) == (FILMS * SCENES, SLOTS, Counter())
    director = build_director(settings_of(lmstudio, tmp_path / "other store"))
    alone = open_batch([shelf], tmp_path / "local", ASKED)
    list(alone.run(LocalEngine(director)))
    for film in alone.account.films:
        assert summary(tmp_path / "ray" / film.folder) == summary(tmp_path / "local" / film.folder)
    again = open_batch([shelf], tmp_path / "ray", ASKED)
    list(again.run(LocalEngine(director)))
    assert all(film.before for film in again.account.films)
    assert len(lmstudio.seen) == 2 * FILMS * SCENES
    held = holdings(tmp_path / "store")
    assert (held.entries["description"], held.entries["film"]) == (FILMS * SCENES, FILMS)


def workers() -> list[psutil.Process]:
    """The processes that do films now."""
    return [each for each in psutil.Process().children(recursive=True) if each.name().startswith("ray::film")]


def kill_a_worker(_: Any) -> None:
    workers()[0].kill()


def lose_a_machine(cluster: Any) -> None:
    cluster.remove_node(min(cluster.worker_nodes, key=lambda node: node.unique_id), allow_graceful=False)


@pytest.mark.parametrize("disaster", [kill_a_worker, lose_a_machine])
def test_who_dies_loses_nothing_and_has_nothing_asked_twice(
    cluster: Any,
    lmstudio: Server,
    counted: faults.Takes,
    shelf: Path,
    tmp_path: Path,
    disaster: Callable[[Any], None],
) -> None:
    batch = open_batch([shelf], tmp_path / "out", ASKED)
    running = Running(batch, engine(cluster, settings_of(lmstudio, tmp_path / "store")))
    running.until(lambda: len(lmstudio.seen) >= SCENES)
    struck = time.monotonic()
    disaster(cluster)
    running.join()
    assert [(film.status, film.described) for film in batch.account.films] == [("done", SCENES)] * FILMS
    assert counted.peak <= SLOTS
    again = twice(lmstudio)
    assert sum(again.values()) - len(again) <= SLOTS  # what was under way when it struck
    first = {}
    for seen in lmstudio.seen:
        first.setdefault(digest(seen.body), seen.at)
    assert all(first[question] > struck - LATENCY - 0.3 for question in again)  # nothing that was answered and kept


class Running:
    """A batch under way in a thread."""

    def __init__(self, batch: Batch, engine: RayEngine) -> None:
        executor = ThreadPoolExecutor(1)
        self._films = executor.submit(lambda: list(batch.run(engine)))
        executor.shutdown(wait=False)

    def until(self, came: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not came():
            assert time.monotonic() < deadline
            assert not self._films.done(), self._films.result()
            time.sleep(0.02)

    def join(self) -> None:
        self._films.result(90)
