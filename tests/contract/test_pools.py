"""Pools over real servers: several of a kind share the scenes by what each answers, and one that fails stops no other.

How fast a stand-in is counts in its answers (`faults.Takes`), and how many it takes at once in the models it lists.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import faults
from servers.loopback import Fault, Reply, Role
from servers.models import Model
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour
from servers.openai_like import serving as serving_lmstudio

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.router import build_vision_router
from autocut_director.agent.settings import Settings
from autocut_director.errors import ExhaustedError
from autocut_director.tools.describe import Look, describe_scenes
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.store import NO_STORE, SceneStore, Store
from autocut_director.tools.timeline import Scene

COLOURS = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}
NOWHERE = "http://127.0.0.1:9"


def scenes(count: int) -> list[SceneFrames]:
    """Scenes of one still each; the colour of each is in its id, and no two stills are the same."""
    return [_scene(number, colour) for number, colour in enumerate(islice(cycle(COLOURS), count), start=1)]


def _scene(number: int, colour: str) -> SceneFrames:
    scene = Scene(scene_id=f"{number} {colour}", start_frame=number * 10, end_frame=number * 10 + 10)
    image = np.full((64, 96, 3), COLOURS[colour], np.uint8)
    image[:, :number] //= 2
    return SceneFrames(scene, (Frame(scene.scene_id, number * 10 + 5, to_jpeg(image), 96, 64, None),))


class Fleet:
    """Servers that are started for one test."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.lmstudios: list[Server] = []
        self.ollamas: list[OllamaServer] = []

    def lmstudio(self, fault: Fault | Sequence[Fault | None] | None = None, *models: Model, **more: Any) -> Server:
        role = Server(describes_the_colour, models=models or (Model("moondream2", parallel=2),), fault=fault, **more)
        self.lmstudios.append(self._stack.enter_context(serving_lmstudio(role)))
        return role

    def ollama(self, fault: Fault | Sequence[Fault | None] | None = None) -> OllamaServer:
        role = OllamaServer((Model("moondream:latest"),), fault=fault)
        self.ollamas.append(self._stack.enter_context(serving_ollama(role)))
        return role

    def settings(self, **more: Any) -> Settings:
        known = {
            "lmstudio_host": ",".join(role.url for role in self.lmstudios) or NOWHERE,
            "ollama_host": ",".join(role.url for role in self.ollamas) or NOWHERE,
        }
        return Settings(**{**known, **more})

    def policy(self, settings: Settings) -> ExecutionPolicy:
        """What the policy makes of them, with short times."""
        policy = ExecutionPolicy.resolve(RuntimeProfile.detect(settings), settings)
        short = {"read_seconds": 3.0, "connect_seconds": 0.5}
        return policy.model_copy(update={"vision": tuple(r.model_copy(update=short) for r in policy.vision)})

    def looks(
        self, shots: Sequence[SceneFrames], *, cool_down: float = 30.0, store: Store = NO_STORE, **more: Any
    ) -> list[Look]:
        settings = self.settings(**more)
        policy = self.policy(settings)
        router = build_vision_router(settings, policy=policy, cool_down_seconds=cool_down, store=store)
        return list(describe_scenes(router, shots, parallel=policy.parallel))

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet()
    yield fleet
    fleet.close()


def host(role: Role) -> str:
    return role.url.removeprefix("http://").removesuffix("/v1")


def answered(looks: Sequence[Look]) -> Counter[str]:
    """How many scenes each host described."""
    return Counter(a.host for look in looks for a in look.attempts if a.outcome == "answered")


def each_is_of_its_own_scene(looks: Sequence[Look]) -> bool:
    return all(look.description and look.scene_id.split()[1] in look.description.summary for look in looks)


def kinds(looks: Sequence[Look]) -> Counter[str]:
    return Counter(look.description.analyzed_by if look.description else "nobody" for look in looks)


# ---------------------------------------------------------------- who gets how many


@pytest.mark.parametrize(
    "servers",
    [((0.3, 2), (0.6, 1)), ((0.3, 1), (0.3, 1)), ((0.3, 2), (0.6, 1), (1.2, 1))],
    ids=["two", "two alike", "three"],
)
def test_each_gets_as_many_as_it_answers(fleet: Fleet, servers: Sequence[tuple[float, int]]) -> None:
    for seconds, places in servers:
        fleet.lmstudio(faults.Takes(seconds), Model("moondream2", parallel=places))
    rate = sum(places / seconds for seconds, places in servers)
    count = round(4 * rate)  # four seconds of work
    looks = fleet.looks(scenes(count))
    counts = answered(looks)
    asked_at = [seen.at for role in fleet.lmstudios for seen in role.seen]
    assert max(asked_at) - min(asked_at) <= 2 * count / rate  # on a busy machine
    assert kinds(looks) == {"lmstudio": count}
    assert each_is_of_its_own_scene(looks)
    for role, (seconds, places) in zip(fleet.lmstudios, servers, strict=True):
        share = count * (places / seconds) / rate
        assert counts[host(role)] == len(role.seen)  # nobody is asked twice
        assert 0.6 * share - 1 <= len(role.seen) <= 1.5 * share + 1
        assert role.fault.peak == places


def test_a_pool_of_ollama_servers(fleet: Fleet) -> None:
    quick, slow = fleet.ollama(faults.Takes(0.2)), fleet.ollama(faults.Takes(0.8))
    looks = fleet.looks(scenes(12), ollama_num_parallel=2)
    assert kinds(looks) == {"ollama": 12}
    assert each_is_of_its_own_scene(looks)
    assert len(quick.seen) + len(slow.seen) == 12
    assert len(quick.seen) > 1.5 * len(slow.seen) > 0
    assert (quick.fault.peak, slow.fault.peak) == (2, 2)


def test_a_scene_at_a_time_goes_to_the_quickest(fleet: Fleet) -> None:
    slow, quick = fleet.lmstudio(faults.Takes(0.5)), fleet.lmstudio(faults.Takes(0.05))
    settings = fleet.settings()
    router = build_vision_router(settings, policy=fleet.policy(settings))
    looks = describe_scenes(router, scenes(8), parallel=1)
    assert each_is_of_its_own_scene(looks)
    assert (len(slow.seen), len(quick.seen)) == (1, 7)  # each is measured once


async def test_a_pool_runs_on_an_event_loop_too(fleet: Fleet) -> None:
    roles = [fleet.lmstudio(faults.Takes(0.1)) for _ in range(2)]
    settings = fleet.settings()
    router = build_vision_router(settings, policy=fleet.policy(settings))
    descriptions = await router.abatch(scenes(16))  # more at once than there are places
    assert [d.summary for d in descriptions] == [f"a {c} picture" for c in islice(cycle(COLOURS), 16)]
    assert sum(len(role.seen) for role in roles) == 16
    assert max(role.fault.peak for role in roles) <= 2


# ---------------------------------------------------------------- one fails


def test_when_one_dies_in_the_middle_the_others_do_the_rest(fleet: Fleet) -> None:
    dying = fleet.lmstudio([None, None, None, faults.dies()])
    others = [fleet.lmstudio(faults.Takes(0.1)), fleet.lmstudio(faults.Takes(0.1))]
    fleet.ollama()
    looks = fleet.looks(scenes(24))
    counts = answered(looks)
    assert kinds(looks) == {"lmstudio": 24}
    assert each_is_of_its_own_scene(looks)
    assert counts[host(dying)] <= 3 + 3  # beside the last one, three others may be under way
    assert sum(len(role.seen) for role in others) == 24 - counts[host(dying)]  # what was answered is not asked again
    assert not fleet.ollamas[0].seen
    failed = {a.host for look in looks for a in look.attempts if a.outcome == "failed"}
    assert failed == {host(dying)}


@pytest.mark.parametrize("fault", [faults.locked, faults.hangs, faults.broken, faults.blank], ids=lambda f: f.__name__)
def test_one_that_fails_is_left_alone_and_the_other_is_not(fleet: Fleet, fault: Fault) -> None:
    failing, well = fleet.lmstudio(fault), fleet.lmstudio(faults.Takes(0.05))
    looks = fleet.looks(scenes(16))
    assert kinds(looks) == {"lmstudio": 16}
    assert answered(looks) == {host(well): 16}
    assert len(failing.seen) <= 12  # two at once, three tries of each, two questions a try
    assert not [a for look in looks for a in look.attempts if a.outcome == "skipped"]


def test_a_scene_that_fails_at_one_is_given_to_another_before_the_next_backend(fleet: Fleet) -> None:
    roles = [fleet.lmstudio([faults.refuses, faults.refuses, faults.refuses]), fleet.lmstudio()]
    ollama = fleet.ollama()
    (look,) = fleet.looks(scenes(1), lmstudio_host=roles[0].url + "," + roles[1].url)
    assert [(a.outcome, a.host) for a in look.attempts] == [("failed", host(roles[0])), ("answered", host(roles[1]))]
    assert not ollama.seen


def test_when_all_of_a_pool_fail_the_next_backend_is_asked(fleet: Fleet) -> None:
    for _ in range(2):
        fleet.lmstudio(faults.locked)
    ollama = fleet.ollama()
    looks = fleet.looks(scenes(8))
    assert kinds(looks) == {"ollama": 8}
    assert len(ollama.seen) == 8
    for look in looks:  # each of the pool is accounted for, at every scene
        assert {a.host for a in look.attempts} == {host(role) for role in (*fleet.lmstudios, ollama)}


def test_when_all_fail_every_server_is_named_with_its_cause(fleet: Fleet) -> None:
    first, second = fleet.lmstudio(faults.locked), fleet.lmstudio(faults.broken)
    settings = fleet.settings()
    policy = fleet.policy(settings)
    router = build_vision_router(settings, policy=policy.model_copy(update={"vision": policy.vision[:2]}))
    with pytest.raises(ExhaustedError) as caught:
        router.invoke(scenes(1)[0])
    assert str(caught.value) == (
        f"LM Studio at {host(first)}: it refuses the key (HTTP 401); "
        f"LM Studio at {host(second)}: Internal server error (HTTP 500)"
    )


def test_one_that_comes_back_gets_scenes_again(fleet: Fleet) -> None:
    def brings_it_back(reply: Reply, role: Role) -> Reply:
        if len(role.seen) == 10:  # its breaker is open by then
            away.start()
        return faults.slow(0.15)(reply, role)

    away = fleet.lmstudio([None, faults.dies()], Model("moondream2", parallel=1))
    fleet.lmstudio(brings_it_back, Model("moondream2", parallel=1))
    looks = fleet.looks(scenes(40), cool_down=0.3)
    assert kinds(looks) == {"lmstudio": 40}
    assert answered(looks)[host(away)] > 3


# ---------------------------------------------------------------- cold models


def test_nobody_waits_for_a_model_that_is_loaded_while_another_server_has_it(fleet: Fleet) -> None:
    cold = fleet.lmstudio(faults.Takes(0.1), Model("moondream2", loaded=False, parallel=2), load_seconds=1.5)
    warm = fleet.lmstudio(faults.Takes(0.1))
    started = time.monotonic()
    looks = fleet.looks(scenes(6))
    assert time.monotonic() - started < 1.5
    assert answered(looks) == {host(warm): 6}
    looks = fleet.looks(scenes(60))
    assert answered(looks)[host(cold)] > 0  # once it is there, it takes its part
    assert cold.shelf.loads == ["moondream2"]


def test_where_all_are_cold_each_is_loaded_once(fleet: Fleet) -> None:
    model = Model("moondream2", loaded=False, parallel=2)
    for _ in range(2):
        fleet.lmstudio(faults.Takes(0.1), model, load_seconds=0.5)
    looks = fleet.looks(scenes(12))
    assert kinds(looks) == {"lmstudio": 12}
    assert [role.shelf.loads for role in fleet.lmstudios] == [["moondream2"]] * 2


def test_one_that_cannot_load_its_model_is_said_and_left_out(fleet: Fleet) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Told(BaseCallbackHandler):
        messages: list[str] = []  # noqa: RUF012  # of this one test

        def on_custom_event(self, name: str, data: Any, **_: object) -> None:
            if name == "notice":
                self.messages.append(data["message"])

    cold = fleet.lmstudio(faults.locked, Model("moondream2", loaded=False))
    well = fleet.lmstudio(faults.Takes(0.1))
    settings = fleet.settings()
    router = build_vision_router(settings, policy=fleet.policy(settings))
    looks = describe_scenes(router, scenes(8), parallel=4, config={"callbacks": [Told()]})
    assert answered(looks) == {host(well): 8}
    assert Told.messages[-1] == (
        f"LM Studio at {host(cold)} could not load moondream2, so the others look without it: "
        "it refuses the key (HTTP 401)"
    )


# ---------------------------------------------------------------- what was answered before


def test_what_one_server_answered_another_with_the_same_model_need_not(fleet: Fleet, tmp_path: Path) -> None:
    first, second = fleet.lmstudio(), fleet.lmstudio()
    store = SceneStore(tmp_path)
    fleet.looks(scenes(4), store=store, lmstudio_host=first.url)
    looks = fleet.looks(scenes(6), store=store, lmstudio_host=f"{second.url},{first.url}")
    assert [look.cached for look in looks] == [True] * 4 + [False] * 2
    assert len(first.seen) + len(second.seen) == 6
    assert {a.host for look in looks[:4] for a in look.attempts} == {""}  # nobody was asked
    alone = fleet.looks(scenes(4), store=store, lmstudio_host=second.url)
    assert all(look.cached for look in alone)


def test_another_model_under_the_same_name_is_asked_for_itself(fleet: Fleet, tmp_path: Path) -> None:
    first = fleet.lmstudio()
    other = fleet.lmstudio(None, Model("moondream2", size_bytes=999_000_000))  # another file, so another build
    store = SceneStore(tmp_path)
    fleet.looks(scenes(4), store=store, lmstudio_host=first.url)
    assert all(look.cached for look in fleet.looks(scenes(4), store=store))  # a member of the pool answered them
    assert not any(look.cached for look in fleet.looks(scenes(4), store=store, lmstudio_host=other.url))
