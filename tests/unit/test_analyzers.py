"""The earlier integration's names: their signatures, their document unchanged but for what was seen."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent import LMStudioVisualAnalyzer, analyze_scenes_auto, get_visual_analyzer
from autocut_director.errors import DocumentError, InputError, NoBackendError
from autocut_director.tools.timeline import ScenesDocument

EARLIER = {
    "meta": {"schema": "scenes.v1", "fps": 25.0, "made_by": "the earlier integration"},
    "media": {"primary_clip_path": "somewhere/film.mp4", "camera": "A"},
    "scenes": [
        {"scene_id": "S0001", "start_frame": 0, "end_frame": 40, "note": "keep me"},
        {"scene_id": "S0002", "start_frame": 40, "end_frame": 80},
        {"scene_id": "S0003", "start_frame": 120, "end_frame": 160},
    ],
}
"""As it wrote them: without the fields that came later, with some of its own, with a gap."""


@pytest.fixture
def lmstudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Server(describes_the_colour)) as role:
        monkeypatch.setenv("LMSTUDIO_HOST", role.url)
        yield role


def test_the_signatures_are_the_contracts() -> None:
    assert str(inspect.signature(get_visual_analyzer)).startswith(
        "(force_local: bool | None = None, force_cloud: bool | None = None, model: str | None = None, "
        "use_policy: bool = True)"
    )
    assert list(inspect.signature(analyze_scenes_auto).parameters) == [
        *("scenes_data", "video_path", "max_scenes", "force_local", "force_cloud", "model", "use_policy")
    ]
    assert list(inspect.signature(LMStudioVisualAnalyzer).parameters) == ["base_url", "model"]


def test_an_earlier_scenes_json_comes_back_described_and_otherwise_unchanged(film: Path, lmstudio: Server) -> None:
    given = json.loads(json.dumps(EARLIER))
    described = analyze_scenes_auto(given, str(film))
    assert given == EARLIER
    assert isinstance(described, dict)
    assert described["media"]["primary_clip_path"] == "somewhere/film.mp4"
    assert (described["media"]["camera"], described["meta"]["made_by"]) == ("A", "the earlier integration")
    assert described["scenes"][0]["note"] == "keep me"
    visuals = [scene["visual"] for scene in described["scenes"]]
    assert {(visual["analyzed_by"], visual["model"]) for visual in visuals} == {("lmstudio", "moondream2")}
    assert [visual["summary"] for visual in visuals][:2] == ["a blue picture", "a green picture"]
    json.dumps(described)


def test_a_model_comes_back_as_a_model(film: Path, lmstudio: Server) -> None:
    document = ScenesDocument.model_validate(analyze_scenes_auto(EARLIER, film))
    again = analyze_scenes_auto(document, film, max_scenes=1)
    assert isinstance(again, ScenesDocument)


def test_max_scenes_covers_the_film(film: Path, lmstudio: Server) -> None:
    described = analyze_scenes_auto(EARLIER, film, 2)
    assert sum(scene["visual"] is not None for scene in described["scenes"]) == 2
    assert len(lmstudio.seen) == 2


def test_who_looks_can_be_forced(film: Path, lmstudio: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_ollama(OllamaServer()) as ollama:
        monkeypatch.setenv("OLLAMA_HOST", ollama.url)
        monkeypatch.setenv("LOCAL_VISION_PROVIDER", "ollama")
        by_policy = analyze_scenes_auto(EARLIER, film, force_local=True)
        forced = LMStudioVisualAnalyzer(base_url=lmstudio.url, model="moondream2")
        by_name = forced.analyze_scene_visuals(EARLIER, film)
    assert {scene["visual"]["analyzed_by"] for scene in by_policy["scenes"]} == {"ollama"}
    assert {scene["visual"]["analyzed_by"] for scene in by_name["scenes"]} == {"lmstudio"}


def test_without_the_policy_settings_decide(film: Path, lmstudio: Server) -> None:
    analyzer = get_visual_analyzer(use_policy=False)
    described = analyzer.analyze_scene_visuals(EARLIER, film)
    assert {scene["visual"]["analyzed_by"] for scene in described["scenes"]} == {"lmstudio"}


@pytest.mark.parametrize(
    ("work", "error", "said"),
    [
        (lambda film: LMStudioVisualAnalyzer("http://127.0.0.1:9/v1"), NoBackendError, "no server answers at"),
        (lambda film: LMStudioVisualAnalyzer(model="psychic"), NoBackendError, "psychic .* is not on it"),
        (lambda film: get_visual_analyzer(True, True), InputError, "exclude one another"),
    ],
)
def test_what_cannot_be_is_said_with_its_mend(
    work: Any, error: type[Exception], said: str, film: Path, lmstudio: Server
) -> None:
    with pytest.raises(error, match=said):
        work(film).analyze_scene_visuals(EARLIER, film)


def test_a_host_that_is_none_is_refused(film: Path) -> None:
    with pytest.raises(InputError, match="is no address of a server"):
        LMStudioVisualAnalyzer(base_url="ftp://x")


def test_what_is_no_document_is_named(film: Path, lmstudio: Server) -> None:
    with pytest.raises(DocumentError, match=r"no scenes.v1 document: meta"):
        analyze_scenes_auto({"scenes": []}, film)
