"""Cost and time before, within and after a run, over servers that count what they are really asked."""

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import films
import pytest
from langchain_core.runnables import RunnableLambda
from servers import faults, planners
from servers.loopback import Page, Reply, Seen
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director import __main__ as program
from autocut_director.agent import estimate_run
from autocut_director.agent.director import build_describer, build_director
from autocut_director.agent.estimate import Estimate
from autocut_director.agent.policy.prices import cost_usd
from autocut_director.agent.run.stages import DirectorResult
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError

NOWHERE = "http://127.0.0.1:9"
KEY = "sk-made-up"


class Billing(Server):
    """OpenAI or DeepSeek, with a bill: what each answer's own usage comes to, by the price list."""

    tokens: tuple[int, int] | None = None
    bill: float = 0.0

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        page = super().envelope(seen, reply)
        assert isinstance(page.data, dict)
        usage = page.data["usage"]
        if self.tokens is not None:
            usage |= dict(zip(("prompt_tokens", "completion_tokens"), self.tokens, strict=True))
            usage["total_tokens"] = sum(self.tokens)
        cached = usage.get("prompt_cache_hit_tokens", 0)
        with self.lock:
            cost = cost_usd(seen.body["model"], usage["prompt_tokens"], usage["completion_tokens"], cached)
            self.bill += cost or 0.0
        return page


@pytest.fixture
def openai() -> Iterator[Billing]:
    with serving(Billing(describes_the_colour, token=KEY, models=("gpt-4o", "gpt-9"), dialect="openai")) as role:
        yield role


@pytest.fixture
def deepseek() -> Iterator[Billing]:
    role = Billing(planners.obedient, token=KEY, models=("deepseek-flash",), dialect="deepseek")
    with serving(role) as running:
        yield running


@pytest.fixture
def lmstudio() -> Iterator[Server]:
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=2),))) as role:
        yield role


@pytest.fixture(scope="module")
def sixteen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen shots of 20 frames, 25 a second."""
    return films.make_film(tmp_path_factory.mktemp("sixteen") / "sixteen.mp4", shots=[20] * 16, sound=False)


def set_up(
    openai: Server | None = None, deepseek: Server | None = None, lmstudio: Server | None = None, **more: Any
) -> Settings:
    values: dict[str, Any] = {"lmstudio_host": f"{NOWHERE}/v1", "ollama_host": NOWHERE}
    if openai is not None:
        values |= {"openai_api_key": KEY, "openai_base_url": openai.url.replace("127.0.0.1", "127.1")}
    if deepseek is not None:
        values |= {"deepseek_api_key": KEY, "deepseek_base_url": deepseek.url.replace("127.0.0.1", "127.1")}
    if lmstudio is not None:
        values["lmstudio_host"] = lmstudio.url
    return Settings(**{**values, **more})


def wished(film: Path, **options: Any) -> dict[str, Any]:
    return {"video": film, "duration": 3, "no_render": True, "max_scenes": 0, "planner": "builtin", **options}


def directed(settings: Settings, film: Path, **options: Any) -> DirectorResult:
    return build_director(settings).invoke(wished(film, **options))


def expected(settings: Settings, film: Path, **options: Any) -> Estimate:
    return estimate_run(wished(film, **options), settings=settings)


def described_places(result: DirectorResult) -> list[int]:
    return [place for place, scene in enumerate(result.scenes) if scene.status == "described"]


# ---------------------------------------------------------------- before


def test_a_dry_run_asks_no_model_and_writes_nothing(
    sixteen: Path, openai: Billing, deepseek: Billing, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    estimate = expected(set_up(openai, deepseek), sixteen, planner="auto", out=out)
    assert (openai.seen, deepseek.seen) == ([], [])
    assert not out.exists()
    assert (estimate.scenes, estimate.chosen, estimate.known, estimate.left_out, estimate.frames) == (16, 16, 0, 0, 48)
    looking, planning = estimate.looking, estimate.planning
    assert (looking.backend, looking.model, looking.requests) == ("openai", "gpt-4o", 16)
    assert looking.cost_usd == pytest.approx(
        cost_usd("gpt-4o", looking.input_tokens or 0, looking.output_tokens or 0), abs=1e-4
    )
    assert (planning.backend, planning.requests) == ("deepseek", 1)
    assert estimate.cost_usd == pytest.approx((looking.cost_usd or 0) + (planning.cost_usd or 0))
    assert (looking.seconds, planning.seconds) == (None, None)  # nobody has measured them
    assert estimate.leaves == (
        "Frames of the film go to 127.1 (OpenAI, gpt-4o).",
        "Descriptions of the scenes go to 127.1 (DeepSeek, deepseek-flash).",
    )


def test_the_run_costs_no_more_than_was_expected(sixteen: Path, openai: Billing, deepseek: Billing) -> None:
    settings = set_up(openai, deepseek)
    before = expected(settings, sixteen, planner="auto")
    run = directed(settings, sixteen, planner="auto").run
    assert run.costs["describe"] == pytest.approx(openai.bill, abs=2e-5)
    assert run.costs["plan"] == pytest.approx(deepseek.bill, abs=2e-5)
    assert run.totals.cost_usd == pytest.approx(openai.bill + deepseek.bill, abs=4e-5)
    assert 0 < openai.bill <= (before.looking.cost_usd or 0)
    assert run.expected == before.model_dump(mode="json", by_alias=True)


def test_what_a_run_measured_the_next_dry_run_knows(sixteen: Path, lmstudio: Server, tmp_path: Path) -> None:
    lmstudio.fault = faults.slow(0.1)
    settings = set_up(lmstudio=lmstudio)
    first = expected(settings, sixteen)
    assert (first.looking.seconds, first.looking.input_tokens, first.cost_usd) == (None, None, 0.0)
    assert any("autocut-director bench" in note for note in first.notes)
    run = directed(settings, sixteen, max_scenes=6, out=tmp_path / "o").run
    rate = run.rates["lmstudio"]
    assert (rate.scenes, rate.parallel) == (6, 2)
    assert 0.1 <= rate.seconds < 1.0
    assert json.loads((tmp_path / "o/run.json").read_text())["rates"]["lmstudio"]["seconds"] == rate.seconds
    then = expected(settings, sixteen)
    assert then.known == 6
    assert then.looking.requests == 10
    assert then.looking.seconds == pytest.approx(10 * rate.seconds / 2, rel=0.01)
    assert then.looking.input_tokens == round(10 * rate.input_tokens)
    assert any(note.startswith("Measured on this machine on 20") for note in then.notes)


def test_a_price_that_nobody_knows_is_said_to_be_unknown(sixteen: Path, openai: Billing) -> None:
    estimate = expected(set_up(openai, openai_vision_model="gpt-9"), sixteen)
    assert (estimate.looking.cost_usd, estimate.cost_usd) == (None, None)
    assert "gpt-9: its price is not known here, so its cost is not either." in estimate.notes


def test_a_model_of_ones_own_is_its_owners_to_know(sixteen: Path, openai: Billing) -> None:
    own = build_director(set_up(openai), vision=RunnableLambda(lambda _: {"summary": "x"}))
    run = own.invoke(wished(sixteen)).run
    assert run.expected is not None
    assert (run.expected["looking"]["backend"], run.expected["looking"]["cost_usd"]) == ("own", None)
    with pytest.raises(InputError, match="max_cost cannot bound a model of your own"):
        own.invoke(wished(sixteen, max_cost=1.0))


# ---------------------------------------------------------------- within


def test_max_cost_holds_at_the_server_and_what_fits_covers_the_film(sixteen: Path, openai: Billing) -> None:
    openai.tokens = (1000, 100)  # $0.0035 a scene
    result = directed(set_up(openai), sixteen, max_cost=0.025)
    assert len(openai.seen) == 7
    assert openai.bill == pytest.approx(0.0245)
    places = described_places(result)
    assert len(places) == 7
    assert max(b - a for a, b in zip(places, [*places[1:], 16], strict=True)) <= 4
    bounds = result.run.bounds
    assert bounds is not None
    assert (bounds.max_cost, bounds.spent_usd, bounds.looked_at, bounds.left_out) == (0.025, 0.0245, 7, 9)
    assert result.run.warnings == ("--max-cost 0.025: 9 of 16 scenes were left out.",)
    assert not result.run.degraded
    assert result.run.totals.not_selected == 9


def test_max_cost_holds_where_scenes_are_dearer_than_was_expected(sixteen: Path, openai: Billing) -> None:
    openai.tokens = (6000, 400)  # $0.019, where $0.005 is expected
    directed(set_up(openai), sixteen, max_cost=0.05)
    assert len(openai.seen) == 2
    assert openai.bill <= 0.05


async def test_max_cost_holds_on_the_callers_event_loop(sixteen: Path, openai: Billing) -> None:
    openai.tokens = (1000, 100)
    result = await build_director(set_up(openai)).ainvoke(wished(sixteen, max_cost=0.025))
    assert (len(openai.seen), len(described_places(result))) == (7, 7)


def test_what_was_measured_chooses_as_many_as_fit_beforehand(sixteen: Path, openai: Billing) -> None:
    openai.tokens = (1000, 100)
    settings = set_up(openai)
    directed(settings, sixteen, max_scenes=4)
    spent = openai.bill
    before = expected(settings, sixteen, max_cost=0.0142)
    assert (before.chosen - before.known, before.looking.cost_usd) == (4, pytest.approx(0.014))
    result = directed(settings, sixteen, max_cost=0.0142)
    assert openai.bill - spent <= 0.0142
    assert len(described_places(result)) == before.chosen
    assert (before.scenes, before.chosen + before.left_out) == (16, 16)


def test_planning_is_paid_for_first(sixteen: Path, openai: Billing, deepseek: Billing) -> None:
    openai.tokens = (1000, 100)
    result = directed(set_up(openai, deepseek), sixteen, planner="auto", max_cost=0.025)
    assert openai.bill + deepseek.bill <= 0.025
    assert result.plan.planned_by.planner == "deepseek"
    bounds = result.run.bounds
    assert bounds is not None
    assert len(openai.seen) == math.floor((0.025 - bounds.reserved_usd) / 0.0035)


def test_a_bound_below_the_plan_is_refused_before_anything_is_sent(
    sixteen: Path, openai: Billing, deepseek: Billing
) -> None:
    with pytest.raises(InputError, match=r"--max-cost 0.001: planning alone may cost \$0.00"):
        directed(set_up(openai, deepseek), sixteen, planner="auto", max_cost=0.001)
    assert (openai.seen, deepseek.seen) == ([], [])


def test_a_bound_that_holds_no_scene_is_said_loudly(sixteen: Path, openai: Billing) -> None:
    result = directed(set_up(openai), sixteen, max_cost=0.0001)
    assert openai.seen == []
    assert result.run.warnings == ("--max-cost 0.0001 holds not one scene, so NONE of 16 was described.",)
    assert result.run.totals.described == 0


@pytest.mark.parametrize("model", ["gpt-9", "deepseek-flash"])
def test_a_cost_that_nobody_knows_cannot_be_bounded(sixteen: Path, openai: Billing, model: str) -> None:
    """Of the first no price is known; of the second none has said how many tokens a picture is."""
    openai.shelf.models["deepseek-flash"] = Model("deepseek-flash")
    with pytest.raises(InputError, match=r"nobody (here knows what|has published how many)"):
        directed(set_up(openai, openai_vision_model=model), sixteen, max_cost=1.0)
    assert openai.seen == []


def test_ones_own_models_are_free(sixteen: Path, lmstudio: Server) -> None:
    result = directed(set_up(lmstudio=lmstudio), sixteen, max_cost=0.0)
    assert len(described_places(result)) == 16
    assert (result.run.totals.cost_usd, result.run.warnings) == (0.0, ())


def test_a_fall_back_that_costs_stays_within_the_bound(sixteen: Path, lmstudio: Server, openai: Billing) -> None:
    openai.tokens = (1000, 100)
    lmstudio.fault = [None, None, None, faults.dies()]
    result = directed(set_up(openai, lmstudio=lmstudio), sixteen, max_cost=0.02)
    assert 0 < openai.bill <= 0.02
    assert {scene.backend for scene in result.run.scenes} == {"lmstudio", "openai", ""}
    with pytest.raises(InputError, match="holds not one scene"):
        lmstudio.start()
        directed(set_up(openai, lmstudio=lmstudio), sixteen, max_cost=0.001, no_cache=True)


def test_what_the_store_has_is_not_bounded(sixteen: Path, lmstudio: Server) -> None:
    settings = set_up(lmstudio=lmstudio)
    directed(settings, sixteen)
    lmstudio.fault = faults.slow(5)
    result = directed(settings, sixteen, max_minutes=0.001)
    assert (result.run.totals.described, result.run.totals.cached, result.run.warnings) == (16, 16, ())


def test_what_the_store_has_is_shown_whatever_the_bound_holds(sixteen: Path, openai: Billing) -> None:
    settings = set_up(openai)
    known = {scene.scene_id for scene in directed(settings, sixteen, max_scenes=5).scenes if scene.visual}
    asked = len(openai.seen)
    result = directed(settings, sixteen, max_cost=0.0001)
    assert {scene.scene_id for scene in result.scenes if scene.visual} == known
    assert (len(openai.seen), result.run.totals.cached) == (asked, 5)
    assert result.run.warnings == ("--max-cost 0.0001: 11 of 16 scenes were left out.",)


def test_max_minutes_ends_the_looking_in_time(sixteen: Path, lmstudio: Server) -> None:
    lmstudio.fault = faults.slow(0.25)  # two at once: 16 scenes take 2 s
    result = directed(set_up(lmstudio=lmstudio), sixteen, max_minutes=1.2 / 60)
    assert result.run.steps["describe"] <= 1.2 + 5  # reading the film is part of it
    assert 4 <= len(lmstudio.seen) <= 8
    places = described_places(result)
    assert len(places) == len(lmstudio.seen)
    assert max(b - a for a, b in zip(places, [*places[1:], 16], strict=True)) <= 6
    assert result.run.warnings[0].startswith("--max-minutes 0.02: ")
    known = expected(set_up(lmstudio=lmstudio), sixteen, max_minutes=1.2 / 60, no_cache=True)
    assert known.chosen == 16  # nothing kept: nothing known


def test_both_bounds_hold(sixteen: Path, openai: Billing) -> None:
    openai.tokens = (1000, 100)
    result = directed(set_up(openai), sixteen, max_cost=0.0106, max_minutes=5)
    assert len(openai.seen) == 2  # a third would be within, had it cost what the first did: $0.005 is expected
    assert "--max-cost 0.0106, --max-minutes 5: 14 of 16" in result.run.warnings[0]


def test_scenes_under_way_are_never_more_than_the_model_takes(sixteen: Path, lmstudio: Server) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def counting(seen: Seen) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return describes_the_colour(seen)

    lmstudio.answer = counting
    directed(set_up(lmstudio=lmstudio), sixteen, max_minutes=5)
    assert (len(lmstudio.seen), most) == (16, 2)


# ---------------------------------------------------------------- the command


@pytest.fixture
def environment(openai: Billing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", openai.url.replace("127.0.0.1", "127.1"))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, str]:
    ended = program.run([str(argument) for argument in arguments])
    told = capsys.readouterr()
    assert ended == status, told.err
    return told.out, told.err


def test_dry_run_says_it_on_stdout(
    sixteen: Path, openai: Billing, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = said(capsys, "direct", sixteen, "--out", "o", "--dry-run", "--max-scenes", 4, "--planner", "builtin")
    assert "4 of 16 scenes are looked at, 0 of them from the store, 12 stills are sent." in out
    assert "looking: OpenAI gpt-4o" in out
    assert "Frames of the film go to 127.1 (OpenAI, gpt-4o)." in out
    assert "read on 2026-11-23" in out
    assert "Warning" not in err
    assert openai.seen == []
    assert list(environment.iterdir()) == []


def test_dry_run_speaks_chinese_and_counts_in_yuan(
    sixteen: Path, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = said(capsys, "describe", sixteen, "--out", "s.json", "--dry-run", "--max-scenes", 4, "--language", "zh")
    assert "将查看 16 个场景中的 4 个" in out
    assert "¥0." in out
    assert "$" not in out


def test_dry_run_as_json(sixteen: Path, environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "describe", sixteen, "--out", "s.json", "--dry-run", "--json", "--max-cost", 0.02)
    estimate: Mapping[str, Any] = json.loads(out)
    assert estimate["schema"] == "estimate.v1"
    assert 0 < estimate["cost_usd"] <= 0.02
    assert estimate["chosen"] + estimate["left_out"] == 10
    assert estimate["planning"]["cost_usd"] == 0


def test_the_last_line_says_what_it_cost_and_what_was_left_out(
    sixteen: Path, openai: Billing, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openai.tokens = (1000, 100)
    _, err = said(capsys, "describe", sixteen, "--out", "s.json", "--max-cost", "0.0245")
    last = err.strip().splitlines()[-1]
    assert last.startswith("s.json: 7 of 16 scenes described by openai, 3 left out, 7700 tokens, $0.025, ")
    _, err = said(capsys, "describe", sixteen, "--out", "s.json", "--max-scenes", 7, "--language", "zh", "--overwrite")
    assert "7 of 16 scenes described by openai, 7700 tokens, ¥0.16, " in err
    _, err = said(capsys, "describe", sixteen, "--out", "t.json", "--vision", "builtin")
    assert "tokens" not in err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--max-cost", "-1", "max_cost = -1.0: input should be greater than or equal to 0"),
        ("--max-cost", "nan", "max_cost = nan: input should be a finite number"),
        ("--max-cost", "much", "'much' is no amount of US dollars; write one such as 0.5"),
        ("--max-minutes", "0", "max_minutes = 0.0: input should be greater than 0"),
        ("--max-minutes", "soon", "'soon' is no number of minutes"),
    ],
)
def test_a_wrong_bound_is_refused(
    sixteen: Path, environment: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    _, err = said(capsys, "direct", sixteen, "--out", "o", f"{option}={value}", status=2)
    assert told in err
    assert list(environment.iterdir()) == []


def test_to_describe_alone_sends_nothing_to_a_planner(sixteen: Path, openai: Billing, deepseek: Billing) -> None:
    described = build_describer(set_up(openai, deepseek)).invoke({"video": sixteen, "max_scenes": 2})
    assert described.account.policy is not None
    assert [leaving["what"] for leaving in described.account.policy["leaves"]] == ["frames"]
    assert deepseek.asked == [] or all(seen.method == "GET" for seen in deepseek.asked)
