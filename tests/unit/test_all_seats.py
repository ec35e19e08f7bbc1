"""Who takes part in a comparison: every model that sees and may be sent frames, and nobody else."""

from typing import Any

from profiles import embedded, lmstudio, machine, ollama, openai, settings

from autocut_director.agent.policy.all_seats import AllSeats, all_seats
from autocut_director.agent.policy.routes import Case, Forced
from autocut_director.agent.servers.probing import Runtime, ServedModel

MOONDREAM = ServedModel(id="moondream2", sees=True, loaded=True, size_gib=1.5, parallel=4)
LLAVA = ServedModel(id="llava-phi-3-mini", sees=True, size_gib=2.5)
LARGE = ServedModel(id="giant-vl", sees=True, size_gib=300)
TEXT = ServedModel(id="some-text", sees=False)
CLOUD = ServedModel(id="qwen-vl:cloud", sees=True, remote=True)
KEY = {"OPENAI_API_KEY": "sk-1"}
DOWN = Runtime(name="ollama", url="http://127.0.0.1:11434", state="down", detail="refused")


def judged(*runtimes: Runtime, names: tuple[str, ...] = (), forced: Forced | None = None, **values: Any) -> AllSeats:
    profile = machine(runtimes=runtimes)
    case = Case(profile=profile, settings=settings(**values), forced=forced or Forced(), by_policy=True)
    return all_seats(case, names)


def who(seats: AllSeats) -> list[tuple[str, str]]:
    return [(route.backend, route.model) for route in seats.routes]


def test_every_model_that_sees_takes_part_loaded_ones_first() -> None:
    small = ServedModel(id="another-vl", sees=True, size_gib=1)
    found = judged(lmstudio(small, LLAVA, TEXT, MOONDREAM), ollama(), embedded(), openai(), **KEY)
    assert who(found) == [
        ("lmstudio", "moondream2"),
        ("lmstudio", "llava-phi-3-mini"),
        ("lmstudio", "another-vl"),
        ("ollama", "moondream:latest"),
        ("embedded", "moondream2-text"),
        ("openai", "gpt-4o"),
        ("builtin", "pixels-1"),
    ]
    assert [route.pictures for route in found.routes[:2]] == [1, 1]  # what each takes, as in a run
    assert found.passed_over == ()


def test_a_server_that_is_down_is_passed_over_with_what_mends_it() -> None:
    found = judged(lmstudio(), DOWN)
    assert ("lmstudio", "moondream2") in who(found)
    (over,) = [over for over in found.passed_over if over.backend == "ollama"]
    assert "no server answers" in over.bound
    assert "ollama serve" in over.mend


def test_one_without_room_sits_out_unless_it_is_named() -> None:
    found = judged(lmstudio(MOONDREAM, LARGE))
    assert ("lmstudio", "giant-vl") not in who(found)
    assert any("giant-vl wants about 360.0 GiB" in over.bound for over in found.passed_over)
    assert who(judged(lmstudio(MOONDREAM, LARGE), names=("giant-vl",))) == [("lmstudio", "giant-vl")]


def test_consent_is_the_policys() -> None:
    servers = lmstudio(remote=True), ollama(CLOUD), openai()
    assert who(judged(*servers, **KEY)) == [
        ("lmstudio", "moondream2"),
        ("openai", "gpt-4o"),
        ("builtin", "pixels-1"),
    ]
    for forced, values in [
        (Forced(force_local=True), KEY),
        (Forced(), {**KEY, "ALLOW_CLOUD": "false"}),
        (Forced(), {**KEY, "USE_LOCAL_VISION": "true"}),
    ]:
        assert who(judged(*servers, forced=forced, **values)) == [("builtin", "pixels-1")]
    assert ("openai", "gpt-4o") not in who(judged(*servers))
    named = judged(ollama(CLOUD), names=("qwen-vl:cloud",))
    assert [(route.model, route.remote, route.host) for route in named.routes] == [
        ("qwen-vl:cloud", True, "ollama.com")
    ]
    assert not judged(ollama(CLOUD), names=("qwen-vl:cloud",), forced=Forced(force_local=True)).routes


def test_a_name_is_looked_for_everywhere_and_who_lacks_it_is_not_told_of() -> None:
    found = judged(lmstudio(MOONDREAM, LLAVA), ollama(), openai(), names=("moondream", "llava-phi-3-mini"), **KEY)
    assert who(found) == [("lmstudio", "llava-phi-3-mini"), ("ollama", "moondream:latest")]
    assert found.passed_over == ()
    assert who(judged(lmstudio(), names=("pixels-1",))) == [("builtin", "pixels-1")]


def test_a_name_that_nobody_has_says_who_has_what() -> None:
    found = judged(lmstudio(MOONDREAM, LLAVA), names=("moondream9",))
    assert found.routes == ()
    assert any("moondream9 (--model) is not on it; it has: moondream2" in over.bound for over in found.passed_over)


def test_one_backend_alone() -> None:
    forced = Forced(vision="lmstudio")
    assert who(judged(lmstudio(MOONDREAM, LLAVA), ollama(), forced=forced)) == [
        ("lmstudio", "moondream2"),
        ("lmstudio", "llava-phi-3-mini"),
    ]
    assert judged(ollama(), forced=forced).routes == ()
    assert who(judged(lmstudio(), forced=Forced(vision="builtin"))) == [("builtin", "pixels-1")]
