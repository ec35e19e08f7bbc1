"""A comparison over real servers on loopback: its figures are what the servers were made to do."""

import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from profiles import machine, openai, settings
from rich.console import Console
from servers import ollama
from servers.faults import broken, hangs, score_out_of_range
from servers.models import Model
from servers.openai_like import Seen, Server, describes_the_colour, serving

from autocut_director import __main__ as program
from autocut_director.agent.bench import Audience, check_somebody_answered, compare_models
from autocut_director.agent.bench.opening import Bench
from autocut_director.agent.policy.all_seats import all_seats
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import Case, Forced, VisionRoute
from autocut_director.agent.rates import Rate, keep_rate, known_rate
from autocut_director.agent.router import load_wording
from autocut_director.agent.run.request import read_request
from autocut_director.agent.settings import Settings
from autocut_director.bench_table import comparison_table
from autocut_director.errors import BackendError, InputError, NoBackendError, OutputError
from autocut_director.tools.comparison import Comparison
from autocut_director.tools.store import NO_STORE, SceneStore, Store

SLOW_S, LOAD_S = 0.2, 0.6
MODELS = (Model("moondream2", parallel=1), Model("poet-vl", loaded=False, parallel=1), Model("text", sees=False))


def answered(seen: Seen) -> str:
    """Moondream2 is obedient and slow; the poet speaks freely whatever form it is asked for."""
    if seen["model"] == "poet-vl":
        return "A quiet sea under a pale sky."
    time.sleep(SLOW_S)
    return describes_the_colour(seen)


class Told:
    """Who listens to a comparison."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.steps: list[tuple[str, int, int]] = []

    @property
    def audience(self) -> Audience:
        def meter(step: str) -> Any:
            return lambda done, total: self.steps.append((step, done, total))

        return Audience(self.warnings.append, meter)


def compared(video: Path, out: Path, *models: str, told: Told | None = None, **options: Any) -> Comparison:
    asked = {"video": video, "out": out, "max_scenes": 4, **options}
    return compare_models(asked, models, (told or Told()).audience)


def row(comparison: Comparison, model: str) -> Any:
    (found,) = [each for each in comparison.models if each.model == model]
    return found


@pytest.fixture
def lmstudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Server(answered, models=MODELS, load_seconds=LOAD_S)) as server:
        monkeypatch.setenv("LMSTUDIO_HOST", server.url)
        yield server


@pytest.fixture
def ollama_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ollama.OllamaServer]:
    with ollama.serving(ollama.OllamaServer()) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        yield server


def asked_about_pictures(server: Server, model: str) -> int:
    return sum(seen["model"] == model and isinstance(seen["messages"][0]["content"], list) for seen in server.seen)


def test_the_figures_are_what_the_servers_did(
    film: Path, tmp_path: Path, lmstudio: Server, ollama_server: ollama.OllamaServer
) -> None:
    told = Told()
    found = compared(film, tmp_path / "b", told=told)
    assert [(each.backend, each.model) for each in found.models] == [
        ("lmstudio", "moondream2"),
        ("lmstudio", "poet-vl"),
        ("ollama", "moondream:latest"),
        ("builtin", "pixels-1"),
    ]
    moondream, poet = row(found, "moondream2"), row(found, "poet-vl")
    assert SLOW_S <= moondream.figures.steady_seconds < SLOW_S + 0.3
    assert moondream.figures.scenes_per_minute <= 60 / SLOW_S
    assert (
        moondream.figures.first_try == moondream.figures.answered == asked_about_pictures(lmstudio, "moondream2") == 4
    )
    assert poet.figures.first_try == 0
    assert poet.figures.answered == 4
    assert asked_about_pictures(lmstudio, "poet-vl") > 4
    assert {answer.rung for answer in poet.answers} == {"text"}
    assert poet.cold
    assert poet.figures.first_seconds >= LOAD_S > poet.figures.steady_seconds
    assert lmstudio.shelf.loads == ["poet-vl"]
    asked_of = [seen["model"] for seen in lmstudio.seen]
    assert asked_of == sorted(asked_of)  # one model after the other: moondream2, then poet-vl
    assert all(each.figures.cost_usd == 0 for each in found.models)
    assert moondream.figures.input_tokens > 0
    assert told.warnings == []  # nothing leaves, nothing failed
    assert ("LM Studio · moondream2", 4, 4) in told.steps


def test_the_two_that_see_the_same_agree_and_the_poet_does_not(
    film: Path, tmp_path: Path, lmstudio: Server, ollama_server: ollama.OllamaServer
) -> None:
    pairs = {(pair.one, pair.other): pair for pair in compared(film, tmp_path / "b").agreement}
    assert len(pairs) == 6
    same = pairs["LM Studio · moondream2", "Ollama · moondream:latest"]
    assert same.fields["summary"].value == 1
    assert same.scenes == 4
    assert pairs["LM Studio · moondream2", "LM Studio · poet-vl"].fields["summary"].value == 0


def test_all_see_the_same_scenes_and_answers_are_never_taken_from_the_store(
    film: Path, tmp_path: Path, lmstudio: Server
) -> None:
    first = compared(film, tmp_path / "b", "moondream2")
    again = compared(film, tmp_path / "b", "moondream2")  # the same folder: an earlier comparison of the same film
    assert first.scenes == again.scenes
    assert len(first.scenes) == 4
    assert first.found == 5
    assert asked_about_pictures(lmstudio, "moondream2") == 8
    assert [answer.scene_id for answer in row(again, "moondream2").answers] == [s.scene_id for s in first.scenes]


def test_the_measured_rate_is_kept_for_the_policy(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    found = compared(film, tmp_path / "b")
    store = SceneStore(Settings.from_env().cache_dir)
    route = route_of("moondream2", lmstudio)
    rate = known_rate(store, route)
    assert rate is not None
    assert (rate.scenes, rate.parallel) == (3, 1)
    assert SLOW_S <= rate.seconds < SLOW_S + 0.3
    assert rate.input_tokens == pytest.approx(
        sum(answer.input_tokens for answer in row(found, "moondream2").answers[1:]) / 3, abs=0.1
    )
    assert known_rate(store, route_of("poet-vl", lmstudio)) is None  # it never answered with one request


def route_of(model: str, server: Server) -> VisionRoute:
    """The route as a run would find it."""
    from autocut_director.agent.profile import RuntimeProfile

    environment = Settings.from_env()
    case = Case(profile=RuntimeProfile.detect(environment), settings=environment, forced=Forced(), by_policy=True)
    (found,) = [route for route in all_seats(case).routes if route.model == model]
    return found


def test_without_the_store_no_rate_is_kept(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    compared(film, tmp_path / "b", "moondream2", no_cache=True)
    assert known_rate(SceneStore(Settings.from_env().cache_dir), route_of("moondream2", lmstudio)) is None


def test_one_that_fails_is_a_row_and_the_others_go_on(
    film: Path, tmp_path: Path, lmstudio: Server, ollama_server: ollama.OllamaServer
) -> None:
    lmstudio.fault = broken
    told = Told()
    found = compared(film, tmp_path / "b", told=told)
    lost = row(found, "moondream2")
    assert (lost.figures.answered, lost.figures.failed, lost.figures.first_seconds) == (0, 1, None)
    assert "Internal server error" in lost.cause
    assert row(found, "moondream:latest").figures.answered == 4
    assert any("LM Studio · moondream2 did not describe 1 of 1 scenes" in said for said in told.warnings)
    assert {pair.one for pair in found.agreement} == {"Ollama · moondream:latest"}
    check_somebody_answered(found)
    page = (tmp_path / "b/bench.html").read_text(encoding="utf-8")
    assert "Internal server error" in page


def test_an_answer_that_had_to_be_mended_is_not_valid_at_once(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    lmstudio.fault = [score_out_of_range]
    found = row(compared(film, tmp_path / "b", "moondream2"), "moondream2")
    assert (found.figures.first_try, found.figures.answered) == (3, 4)
    assert [answer.repaired for answer in found.answers] == [True, False, False, False]


def test_answers_that_are_none_do_not_end_it(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A breaker would leave such a model alone after three; a comparison wants to know of each scene."""
    with serving(Server(lambda _: "", models=(Model("blank-vl", parallel=1),))) as server:
        monkeypatch.setenv("LMSTUDIO_HOST", server.url)
        found = row(compared(film, tmp_path / "b", max_scenes=0), "blank-vl")
    assert (found.figures.asked, found.figures.answered) == (5, 0)
    assert all(answer.error and "left alone" not in answer.error for answer in found.answers)


def test_nobody_that_was_asked_could(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    lmstudio.fault = broken
    found = compared(film, tmp_path / "b")
    assert row(found, "pixels-1").figures.answered == 4  # builtin did, and was not what was wanted
    with pytest.raises(BackendError, match=r"None of 2 models described a scene. LM Studio · moondream2: .*Internal"):
        check_somebody_answered(found)


def test_builtin_alone_is_said(film: Path, tmp_path: Path) -> None:
    told = Told()
    check_somebody_answered(compared(film, tmp_path / "b", told=told))
    (said,) = told.warnings
    assert said.startswith("no vision model is there to compare (LM Studio: no server answers")
    meant = Told()
    compared(film, tmp_path / "c", told=meant, vision="builtin")
    compared(film, tmp_path / "d", "pixels-1", told=meant)
    assert meant.warnings == []


def test_a_named_model_that_is_nowhere_is_said_and_the_others_go_on(
    film: Path, tmp_path: Path, lmstudio: Server
) -> None:
    told = Told()
    found = compared(film, tmp_path / "b", "moondream2", "moondream9", told=told)
    assert [model.model for model in found.models] == ["moondream2"]
    assert told.warnings == ["Nobody here has a model moondream9 that can be asked, so it takes no part; see the page."]
    assert any("moondream9 (--model) is not on it" in absent.bound for absent in found.absent)


def test_wrong_requests_are_refused_before_any_work(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    with pytest.raises(NoBackendError, match=r"moondream9 \(--model\) is not on it; it has: moondream2"):
        compared(film, tmp_path / "b", "moondream9")
    with pytest.raises(InputError, match="--model '' is no model"):
        compared(film, tmp_path / "b", "")
    with pytest.raises(InputError, match="exclude one another"):
        compared(film, tmp_path / "b", vision="openai", force_local=True)
    with pytest.raises(InputError):
        compared(film, tmp_path / "b", max_scenes=-1)
    (tmp_path / "o").mkdir()
    (tmp_path / "o/mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"holds something else \(mine.txt\)"):
        compared(film, tmp_path / "o")
    assert not (tmp_path / "b").exists()
    assert lmstudio.seen == []
    compared(film, tmp_path / "o", "pixels-1", overwrite=True)
    assert (tmp_path / "o/mine.txt").exists()


def test_a_comparison_of_another_film_is_in_the_way(film: Path, tmp_path: Path) -> None:
    compared(film, tmp_path / "b", vision="builtin")
    held = json.loads((tmp_path / "b/bench.json").read_text(encoding="utf-8"))
    held["media"]["digest"] = "sha256:0"
    (tmp_path / "b/bench.json").write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(OutputError, match="holds something else"):
        compared(film, tmp_path / "b", vision="builtin")


def test_the_files(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    out = tmp_path / "对比 #1"
    found = compared(film, out, language="zh")
    assert sorted(path.name for path in out.iterdir()) == ["bench.html", "bench.json", "bench.md"]
    text = (out / "bench.json").read_text(encoding="utf-8")
    assert Comparison.model_validate_json(text) == found
    assert json.loads(text)["schema"] == "bench.v1"
    markdown = (out / "bench.md").read_text(encoding="utf-8")
    assert "| LM Studio · moondream2 |" in markdown
    assert "每个场景" in markdown
    assert "A quiet sea under a pale sky." in markdown


def test_what_a_model_says_is_no_markup_in_any_file(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "A sea | ![x](http://evil.example/) <script>alert(1)</script>\n# a heading\x1b[2J"
    with serving(Server(lambda _: hostile, models=("poet-vl",))) as server:
        monkeypatch.setenv("LMSTUDIO_HOST", server.url)
        compared(film, tmp_path / "b", "poet-vl", "pixels-1")
    markdown = (tmp_path / "b/bench.md").read_text(encoding="utf-8")
    assert r"A sea \| \!\[x\](http://evil.example/) \<script\>alert(1)\</script\> \# a heading" in markdown
    assert "\x1b" not in markdown
    lines = markdown.splitlines()
    for heading, rule, *_ in (lines[n:] for n, line in enumerate(lines) if line.startswith("| model")):
        assert set(rule) == {"|", "-"}
        assert heading.count("|") == rule.count("|")
    rows = [re.sub(r"\\.", "", line) for line in lines if line.startswith("| LM Studio · poet-vl | no shot type")]
    assert [row.count("|") for row in rows] == [5] * 4
    assert "<script" not in (tmp_path / "b/bench.html").read_text(encoding="utf-8")


def before(store: Store = NO_STORE, **values: Any) -> list[str]:
    """What is said before OpenAI, at its own host, is asked."""
    profile, environment = machine(runtimes=(openai(values.get("OPENAI_VISION_MODEL", "gpt-4o")),)), settings(**values)
    case = Case(profile=profile, settings=environment, forced=Forced(), by_policy=True)
    policy = ExecutionPolicy.resolve(profile, environment)
    wording, prompts = load_wording("en")
    request = read_request({"video": "a.mp4"})
    made = Bench(request, environment, "en", store, profile, policy, all_seats(case), (), wording, prompts)
    return [*made.said_before(), *made.costs(10)]


def test_what_leaves_and_what_it_may_cost_is_said_before(tmp_path: Path) -> None:
    leaves, costs = before(OPENAI_API_KEY="sk-1")
    assert leaves == "Frames of the film go to api.openai.com (OpenAI, gpt-4o)."
    assert costs.startswith("10 scenes by gpt-4o may cost about 0.0")
    assert before(OPENAI_API_KEY="sk-1", OPENAI_VISION_MODEL="gpt-next")[1] == (
        "What gpt-next costs for these scenes is not known here."
    )
    assert before() == []
    store = SceneStore(tmp_path)
    route = VisionRoute(backend="openai", model="gpt-4o", url="https://api.openai.com/v1", frames=3)
    rate = Rate(
        seconds=1, input_tokens=1000, output_tokens=100, scenes=3, parallel=8, measured_on=datetime.now(UTC).date()
    )
    keep_rate(store, route, rate)  # 10 × (1000 × 2.5 + 100 × 10) / a million
    assert before(store, OPENAI_API_KEY="sk-1")[1] == "10 scenes by gpt-4o may cost about 0.0350 US dollars."


def test_openai_is_paid_by_the_tokens_it_counts(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Server(describes_the_colour, models=("gpt-4o",), dialect="openai")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
        told = Told()
        found = compared(film, tmp_path / "b", vision="openai", max_scenes=0, told=told)
        assert told.warnings[0].startswith("5 scenes by gpt-4o may cost about 0.0")
    took = row(found, "gpt-4o").figures
    spent = 5 * (took.input_tokens * 2.5 + took.output_tokens * 10) / 1e6
    assert took.cost_usd == pytest.approx(spent, rel=0.01)
    assert took.cost_of_100 == pytest.approx(20 * spent, rel=0.01)
    for file in (tmp_path / "b").iterdir():
        assert "sk-secret-1" not in file.read_text(encoding="utf-8")


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = program.run([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_command(film: Path, tmp_path: Path, lmstudio: Server, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "b"
    asked = ["bench", film, "--out", out, "--model", "moondream2", "--model", "pixels-1", "--max-scenes", 2]
    status, stdout, said = run(*asked, capsys=capsys)
    assert (status, stdout) == (0, "")
    assert said.strip().splitlines() == [
        f"{out / 'bench.json'}: 2 of 2 models described 2 scenes. See: {out / 'bench.html'}"
    ]
    status, stdout, _ = run(*asked, "--json", "--quiet", capsys=capsys)
    assert status == 0
    assert [model["model"] for model in json.loads(stdout)["models"]] == ["moondream2", "pixels-1"]


def test_the_table_in_a_terminal(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    found = compared(film, tmp_path / "b", "moondream2", "pixels-1")
    odd = found.models[0].model_copy(update={"name": "[red]LM\x1b[2J Studio"})
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(comparison_table(found.model_copy(update={"models": (odd, found.models[1])})))
    said = console.export_text()
    assert "[red]LM" in said
    assert "\x1b" not in said
    assert f"{found.models[0].figures.steady_seconds:.2f} s" in said
    assert "4/4" in said


def test_the_command_ends_with_3_where_nobody_could(
    film: Path, tmp_path: Path, lmstudio: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    lmstudio.fault = broken
    status, _, said = run("bench", film, "--out", tmp_path / "b", "--vision", "lmstudio", capsys=capsys)
    assert status == 3
    assert "None of 2 models described a scene" in said.splitlines()[-1]
    assert (tmp_path / "b/bench.html").exists()
    status, _, said = run("bench", film, "--out", tmp_path / "c", "--vision", "ollama", capsys=capsys)
    assert status == 3
    assert "No model can be compared. Ollama: no server answers" in said
    status, _, said = run("bench", tmp_path / "no.mp4", "--vision", "builtin", capsys=capsys)
    assert status == 2


def test_an_interrupt_leaves_no_file(film: Path, tmp_path: Path, lmstudio: Server) -> None:
    class Stopped(Told):
        @property
        def audience(self) -> Audience:
            def stop(step: str) -> Any:
                def report(done: int, total: int) -> None:
                    if step.startswith("LM Studio") and done == 2:
                        raise KeyboardInterrupt

                return report

            return Audience(self.warnings.append, stop)

    lmstudio.fault = [None, None, *[hangs] * 20]
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(KeyboardInterrupt))
        compared(film, tmp_path / "b", told=Stopped())
    assert list((tmp_path / "b").iterdir()) == []
