"""The LangChain tools through LangChain's own suites, over a real film."""

from pathlib import Path
from typing import Any

import films
import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from autocut_director.tools import detect_scenes, probe_video, sample_frames
from autocut_director.tools.probe import Footage


@pytest.fixture(scope="module", autouse=True)
def _film(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tool films")
    films.make_film(folder / "film.mp4")
    FILM["video"] = str(folder / "film.mp4")


FILM: dict[str, str] = {}


class OfProbeVideo:
    @property
    def tool_constructor(self) -> BaseTool:
        return probe_video

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return FILM


class OfDetectScenes(OfProbeVideo):
    @property
    def tool_constructor(self) -> BaseTool:
        return detect_scenes


class OfSampleFrames(OfProbeVideo):
    @property
    def tool_constructor(self) -> BaseTool:
        return sample_frames

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {**FILM, "start_frame": 5, "end_frame": 30}


class TestProbeVideoUnit(OfProbeVideo, ToolsUnitTests): ...


class TestProbeVideoIntegration(OfProbeVideo, ToolsIntegrationTests): ...


class TestDetectScenesUnit(OfDetectScenes, ToolsUnitTests): ...


class TestDetectScenesIntegration(OfDetectScenes, ToolsIntegrationTests): ...


class TestSampleFramesUnit(OfSampleFrames, ToolsUnitTests): ...


class TestSampleFramesIntegration(OfSampleFrames, ToolsIntegrationTests): ...


def called(tool: BaseTool, **arguments: object) -> ToolMessage:
    return tool.invoke({"name": tool.name, "args": arguments, "id": "1", "type": "tool_call"})


def test_the_text_is_short_and_the_artifact_whole() -> None:
    message = called(detect_scenes, **FILM)
    assert message.text.splitlines()[:2] == ["5 scenes:", "S0001 frames 0-40 (00:00:00:00, 1.60 s)"]
    assert len(message.artifact.scenes) == 5


def test_stills_are_the_artifact_never_the_text() -> None:
    message = called(sample_frames, **FILM, start_frame=5, end_frame=30, count=2)
    assert message.text == "2 stills: frame 11 (192x112), frame 23 (192x112)."
    assert all(frame.jpeg.startswith(b"\xff\xd8") for frame in message.artifact)


def test_what_a_model_can_mend_is_told_to_the_model() -> None:
    message = called(probe_video, video="/none/at/all.mp4")
    assert message.status == "error"
    assert "There is no file" in message.text


def test_a_tool_is_its_plain_function_too() -> None:
    footage = probe_video(Path(FILM["video"]))
    assert isinstance(footage, Footage)
