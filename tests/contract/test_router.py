"""The router over real servers that fail in every known way: who answers in the end, each scene from its own pixels."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np
import pytest
from servers import faults
from servers.loopback import Fault, Page, Reply, Role
from servers.models import Model
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour
from servers.openai_like import serving as serving_openai_like
from servers.raw import full_backlog

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import Backend, VisionRoute
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.router import build_vision_router
from autocut_director.agent.settings import Settings
from autocut_director.errors import ExhaustedError
from autocut_director.tools.describe import Look, describe_scenes
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.timeline import Scene

COLOURS = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}
KEY = "sk-made-up"
READ_SECONDS = 0.6


def scenes(count: int) -> list[SceneFrames]:
    """Scenes of one still each; the colour of each is in its id."""
    return [_scene(number, colour) for number, colour in enumerate(islice(cycle(COLOURS), count), start=1)]


def _scene(number: int, colour: str) -> SceneFrames:
    scene = Scene(scene_id=f"{number} {colour}", start_frame=number * 10, end_frame=number * 10 + 10)
    jpeg = to_jpeg(np.full((64, 96, 3), COLOURS[colour], np.uint8))
    return SceneFrames(scene, (Frame(scene.scene_id, number * 10 + 5, jpeg, 96, 64, None),))


@dataclass
class Three:
    """LM Studio, Ollama and OpenAI, each on a port of its own."""

    roles: dict[Backend, Role] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings(
            lmstudio_host=self.roles["lmstudio"].url,
            ollama_host=self.roles["ollama"].url,
            openai_api_key=KEY,
            openai_base_url=self.roles["openai"].url,
        )

    def routes(self, order: Sequence[Backend], **changes: object) -> ExecutionPolicy:
        """What the policy makes of them, in `order`, with short times."""
        policy = ExecutionPolicy.resolve(RuntimeProfile.detect(self.settings), self.settings)
        found: dict[str, VisionRoute] = {route.backend: route for route in policy.vision}
        short = {"read_seconds": READ_SECONDS, "warm_up_seconds": 5.0, "connect_seconds": 0.5, "parallel": 2}
        routes = [found[backend].model_copy(update={**short, **changes}) for backend in order]
        return policy.model_copy(update={"vision": (*routes, found["builtin"])})

    def looks(
        self, shots: Sequence[SceneFrames], order: Sequence[Backend], *, cool_down: float = 30.0, **changes: object
    ) -> list[Look]:
        policy = self.routes(order, **changes)
        router = build_vision_router(self.settings, policy=policy, cool_down_seconds=cool_down)
        parallel = max(route.parallel for route in policy.vision[:-1])
        return list(describe_scenes(router, shots, parallel=parallel))


@pytest.fixture
def three() -> Iterator[Three]:
    with ExitStack() as stack:
        lmstudio = stack.enter_context(serving_openai_like(Server(describes_the_colour)))
        ollama = stack.enter_context(serving_ollama(OllamaServer()))
        openai = Server(describes_the_colour, token=KEY, models=("gpt-4o",), dialect="openai")
        stack.enter_context(serving_openai_like(openai))
        yield Three({"lmstudio": lmstudio, "ollama": ollama, "openai": openai})


def answered_by(looks: Sequence[Look]) -> Counter[str]:
    return Counter(look.description.analyzed_by if look.description else "nobody" for look in looks)


def each_is_of_its_own_scene(looks: Sequence[Look]) -> bool:
    return all(look.description and look.scene_id.split()[1] in look.description.summary for look in looks)


ALWAYS, ONCE = "always", "once"
FIRST, SECOND = "first", "second"


# A fault, how often it strikes, and who answers all eight scenes in the end, on which rung.
TABLE: list[tuple[str, Fault, str, str, str]] = [
    ("500", faults.broken, ALWAYS, SECOND, "schema"),
    ("500 once", faults.broken, ONCE, FIRST, "schema"),
    ("503", faults.busy, ALWAYS, SECOND, "schema"),
    ("503 once", faults.busy, ONCE, FIRST, "schema"),
    ("429 with Retry-After, once", faults.throttled(0.3), ONCE, FIRST, "schema"),
    ("429 with Retry-After as a date, once", faults.throttled(1, as_date=True), ONCE, FIRST, "schema"),
    ("429 with a Retry-After of an hour", faults.throttled(3600), ALWAYS, SECOND, "schema"),
    ("401", faults.locked, ALWAYS, SECOND, "schema"),
    ("402", faults.no_balance, ALWAYS, SECOND, "schema"),
    ("hangs", faults.hangs, ALWAYS, SECOND, "schema"),
    ("drops the connection", faults.drops, ALWAYS, SECOND, "schema"),
    ("drops the connection once", faults.drops, ONCE, FIRST, "schema"),
    ("breaks off", faults.breaks_off, ALWAYS, SECOND, "schema"),
    ("breaks off once", faults.breaks_off, ONCE, FIRST, "schema"),
    ("blank", faults.blank, ALWAYS, SECOND, "schema"),
    ("blank once", faults.blank, ONCE, FIRST, "schema or text"),
    ("white space", faults.whitespace, ALWAYS, SECOND, "schema"),
    ("prose", faults.prose, ALWAYS, FIRST, "text"),
    ("fenced", faults.fenced, ALWAYS, FIRST, "schema"),
    ("thinks aloud", faults.thinks, ALWAYS, FIRST, "schema"),
    ("truncated", faults.truncated, ALWAYS, SECOND, "schema"),
    ("renamed keys", faults.renamed_keys, ALWAYS, FIRST, "schema"),
    ("score out of range", faults.score_out_of_range, ALWAYS, FIRST, "schema"),
    ("a page", faults.html_page, ALWAYS, SECOND, "schema"),
    ("200 with an error", faults.error_with_200, ALWAYS, SECOND, "schema"),
    ("declines", faults.declines, ALWAYS, SECOND, "schema"),
    ("refuses", faults.refuses, ALWAYS, SECOND, "schema"),
]
ORDERS: list[tuple[Backend, Backend]] = [("lmstudio", "ollama"), ("ollama", "lmstudio"), ("openai", "ollama")]


@pytest.mark.parametrize(("first", "second"), ORDERS, ids=[order[0] for order in ORDERS])
@pytest.mark.parametrize(("fault", "often", "who", "rungs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_who_answers_in_the_end(
    three: Three, first: Backend, second: Backend, fault: Fault, often: str, who: str, rungs: str
) -> None:
    three.roles[first].fault = fault if often == ALWAYS else [fault]
    looks = three.looks(scenes(8), [first, second])
    assert answered_by(looks) == {first if who == FIRST else second: 8}, [look.attempts for look in looks]
    assert each_is_of_its_own_scene(looks)
    assert {look.rung for look in looks} <= set(rungs.split(" or "))
    if often == ONCE or who == SECOND:  # what failed is kept with the scene where it failed
        assert any(attempt.outcome == "failed" or look.rung != "schema" for look in looks for attempt in look.attempts)


@pytest.mark.parametrize("first", ["lmstudio", "ollama", "openai"])
def test_a_score_off_the_scale_is_asked_about_once_and_then_left_empty(three: Three, first: Backend) -> None:
    three.roles[first].fault = faults.score_out_of_range
    (look,) = three.looks(scenes(1), [first])
    assert (look.repaired, look.rung) == (True, "schema")
    assert look.description is not None
    assert look.description.quality_score is None
    assert len(three.roles[first].seen) == 2


@pytest.mark.parametrize("fault", [faults.locked, faults.no_balance], ids=["401", "402"])
def test_what_is_refused_for_good_is_not_asked_again(three: Three, fault: Fault) -> None:
    three.roles["lmstudio"].fault = fault
    three.looks(scenes(8), ["lmstudio", "ollama"])
    assert len(three.roles["lmstudio"].seen) <= 2  # the two that were under way together


def test_a_server_that_dies_after_the_third_scene(three: Three) -> None:
    three.roles["lmstudio"].fault = [None, None, None, faults.dies()]
    looks = three.looks(scenes(8), ["lmstudio", "ollama"], parallel=1)
    assert answered_by(looks) == {"lmstudio": 3, "ollama": 5}
    assert each_is_of_its_own_scene(looks)
    outcomes = [[f"{a.backend} {a.outcome}" for a in look.attempts] for look in looks]
    assert outcomes[3] == [*["lmstudio failed"] * 3, "ollama answered"]
    assert outcomes[4:] == [["lmstudio skipped", "ollama answered"]] * 4


def test_a_server_that_comes_back_is_used_again(three: Three) -> None:
    def brings_it_back(reply: Reply, role: Role) -> Reply:
        if len(role.seen) == 3:
            three.roles["lmstudio"].start()
        return faults.slow(0.15)(reply, role)

    three.roles["lmstudio"].fault = [None, None, None, faults.dies()]
    three.roles["ollama"].fault = brings_it_back
    looks = three.looks(scenes(15), ["lmstudio", "ollama"], cool_down=0.3, parallel=1)
    who = [look.description.analyzed_by if look.description else "nobody" for look in looks]
    assert who[:4] == ["lmstudio", "lmstudio", "lmstudio", "ollama"]
    assert who[-1] == "lmstudio"
    assert set(who) == {"lmstudio", "ollama"}
    assert each_is_of_its_own_scene(looks)


def test_a_model_that_is_evicted_is_warmed_up_again(three: Three) -> None:
    lmstudio = three.roles["lmstudio"]
    lmstudio.fault = [None, None, faults.evicted]
    looks = three.looks(scenes(8), ["lmstudio", "ollama"], parallel=1)
    assert answered_by(looks) == {"lmstudio": 8}
    assert lmstudio.shelf.loads == ["moondream2"]


def test_a_model_that_is_evicted_again_and_again_is_left_alone(three: Three) -> None:
    three.roles["lmstudio"].fault = faults.evicted
    looks = three.looks(scenes(8), ["lmstudio", "ollama"])
    assert answered_by(looks) == {"ollama": 8}
    assert len(three.roles["lmstudio"].seen) < 12


def test_a_cold_model_is_warmed_up_once_with_a_long_time_of_its_own() -> None:
    cold = Model("moondream2", loaded=False)
    role = Server(describes_the_colour, models=(cold,), load_seconds=3 * READ_SECONDS)
    with serving_openai_like(role), serving_ollama(OllamaServer()) as ollama:
        three = Three({"lmstudio": role, "ollama": ollama, "openai": role})
        looks = three.looks(scenes(8), ["lmstudio", "ollama"], parallel=4)
        assert answered_by(looks) == {"lmstudio": 8}
        assert role.shelf.loads == ["moondream2"]
        warm_ups = [seen for seen in role.seen if "image_url" not in str(seen.body["messages"])]
        assert len(warm_ups) == 1
        assert warm_ups[0].body["max_tokens"] == 1


# ---------------------------------------------------------------- time


def seconds_of(three: Three, order: Sequence[Backend], count: int = 60) -> tuple[float, list[Look]]:
    started = time.monotonic()
    looks = three.looks(scenes(count), order)
    return time.monotonic() - started, looks


def test_a_dead_first_backend_costs_one_connect_time_and_a_second(three: Three) -> None:
    policy = three.routes(["lmstudio", "ollama"])
    without, _ = seconds_of(three, ["ollama"])
    three.roles["lmstudio"].stop()
    router = build_vision_router(three.settings, policy=policy)
    started = time.monotonic()
    looks = describe_scenes(router, scenes(60), parallel=2)
    assert time.monotonic() - started <= without + policy.vision[0].connect_seconds + 1
    assert answered_by(looks) == {"ollama": 60}


def test_a_first_backend_behind_a_black_hole_costs_one_connect_time_and_a_second(three: Three) -> None:
    without, _ = seconds_of(three, ["ollama"])
    with full_backlog() as port:
        policy = three.routes(["lmstudio", "ollama"])
        hole = policy.vision[0].model_copy(update={"url": f"http://127.0.0.1:{port}/v1"})
        router = build_vision_router(
            three.settings, policy=policy.model_copy(update={"vision": (hole, *policy.vision[1:])})
        )
        started = time.monotonic()
        looks = describe_scenes(router, scenes(60), parallel=2)
        assert time.monotonic() - started <= without + hole.connect_seconds + 1
    assert answered_by(looks) == {"ollama": 60}


@pytest.mark.parametrize("order", [("lmstudio", "ollama"), ("ollama", "lmstudio")], ids=["LM Studio", "Ollama"])
def test_a_first_backend_that_hangs_costs_one_read_time_and_a_second(three: Three, order: Sequence[Backend]) -> None:
    without, _ = seconds_of(three, order[1:])
    three.roles[order[0]].fault = faults.hangs
    took, looks = seconds_of(three, order)
    assert took <= without + READ_SECONDS + 1
    assert answered_by(looks) == {order[1]: 60}
    assert len(three.roles[order[0]].seen) <= 2


def test_retry_after_is_waited_for(three: Three) -> None:
    lmstudio = three.roles["lmstudio"]
    lmstudio.fault = [faults.throttled(0.7)]
    three.looks(scenes(1), ["lmstudio"])
    first, second = lmstudio.seen
    assert 0.7 <= second.at - first.at < 2.5


# ---------------------------------------------------------------- what is told


def test_when_all_fail_every_cause_is_kept(three: Three) -> None:
    three.roles["lmstudio"].fault = faults.locked
    three.roles["ollama"].fault = faults.broken
    policy = three.routes(["lmstudio", "ollama"])
    policy = policy.model_copy(update={"vision": policy.vision[:2]})
    router = build_vision_router(three.settings, policy=policy)
    with pytest.raises(ExhaustedError) as caught:
        router.invoke(scenes(1)[0])
    assert str(caught.value) == "LM Studio: it refuses the key (HTTP 401); Ollama: Internal server error (HTTP 500)"
    (look,) = describe_scenes(router, scenes(1))
    assert look.description is None
    assert look.gave_out


def test_openai_without_balance_is_not_waited_for(three: Three) -> None:
    """Its 429 says in a field of its own that no waiting will help."""
    body = {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}
    three.roles["openai"].fault = lambda *_: Reply(page=Page({"error": {**body, "param": None}}, 429))
    looks = three.looks(scenes(8), ["openai", "ollama"])
    assert answered_by(looks) == {"ollama": 8}
    assert len(three.roles["openai"].seen) <= 2


def test_a_key_that_a_server_repeats_is_blotted_out(three: Three) -> None:
    three.roles["openai"].fault = faults.http_error(500, f"cannot bill {KEY}")
    policy = three.routes(["openai"])
    router = build_vision_router(three.settings, policy=policy.model_copy(update={"vision": policy.vision[:1]}))
    with pytest.raises(ExhaustedError, match="cannot bill •••") as caught:
        router.invoke(scenes(1)[0])
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("first", ["lmstudio", "openai"])
def test_answers_that_are_cut_short_are_paid_for(three: Three, first: Backend) -> None:
    """OpenAI's client throws them away; their tokens are in its error."""
    three.roles[first].fault = [faults.truncated] * 9
    (look,) = three.looks(scenes(1), (first, "ollama"))
    models = {model for model, *_ in look.tokens}
    assert look.description.analyzed_by == "ollama"
    assert len(models) == 2
    assert all(sent > 0 for _, sent, _ in look.tokens)


def test_crossing_to_a_remote_host_is_said_once_and_why(three: Three) -> None:
    three.roles["lmstudio"].fault = faults.locked
    policy = three.routes(["lmstudio", "openai"])
    local, remote, builtin = policy.vision
    remote = remote.model_copy(update={"remote": True})  # the stand-in is on loopback
    router = build_vision_router(three.settings, policy=policy.model_copy(update={"vision": (local, remote, builtin)}))
    looks = describe_scenes(router, scenes(6))
    said = [look.crossing for look in looks if look.crossing]
    assert len(said) == 1
    assert said[0].startswith("From now on frames leave this machine, to 127.0.0.1 (OpenAI), since: LM Studio: it")
    assert answered_by(looks) == {"openai": 6}


def test_tags_and_callbacks_pass_through(three: Three) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Keeps(BaseCallbackHandler):
        def __init__(self) -> None:
            self.names: list[str] = []
            self.tags: set[str] = set()

        def on_chain_start(self, serialized: object, inputs: object, *, name: str = "", **_: object) -> None:
            self.names.append(name)

        def on_chat_model_start(self, serialized: object, messages: object, *, tags: list[str], **_: object) -> None:
            self.tags |= set(tags)

    keeps = Keeps()
    router = build_vision_router(three.settings, policy=three.routes(["lmstudio"]))
    router.invoke(scenes(1)[0], {"callbacks": [keeps], "tags": ["mine"]})
    assert keeps.names[:2] == ["vision_router", "ask_lmstudio"]
    assert "mine" in keeps.tags


async def test_it_runs_on_an_event_loop_too(three: Three) -> None:
    router = build_vision_router(three.settings, policy=three.routes(["lmstudio"]))
    descriptions = await router.abatch(scenes(6))
    assert [d.summary for d in descriptions] == [f"a {c} picture" for c in islice(cycle(COLOURS), 6)]
