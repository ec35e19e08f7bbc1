"""Every tool through LangChain's own suites, over a real film; and what the five plain ones are in Python."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from autocut_director import tools
from autocut_director.agent.settings import Settings
from autocut_director.agent.toolkit import director_tools
from autocut_director.tools.probe import Footage

FILM = "five shots.mp4"
TOOLS: dict[str, BaseTool] = {}


@pytest.fixture(scope="module", autouse=True)
def _workspace(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The working folder is the workspace: it holds the film, its scenes and a plan."""
    folder, before = tmp_path_factory.mktemp("workspace"), Path.cwd()
    shutil.copy(film, folder / FILM)
    os.chdir(folder)
    TOOLS.update({tool.name: tool for tool in director_tools(Settings.from_env())}, sample_frames=tools.sample_frames)
    called("detect_scenes", video=FILM)
    called("describe_scenes")
    called("plan_edit", duration_seconds=4)
    yield
    os.chdir(before)


def called(name: str, **arguments: object) -> ToolMessage:
    message = TOOLS[name].invoke({"name": name, "args": arguments, "id": "1", "type": "tool_call"})
    assert isinstance(message, ToolMessage)
    return message


class OfTool:
    """Mixed into a test class of one tool."""

    tool_name: str
    arguments: ClassVar[dict[str, Any]] = {}

    @property
    def tool_constructor(self) -> BaseTool:
        return TOOLS[self.tool_name]

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return self.arguments


class OfProbeVideo(OfTool):
    tool_name, arguments = "probe_video", {"video": FILM}


class OfDetectScenes(OfTool):
    tool_name, arguments = "detect_scenes", {"video": FILM, "out": "found.json"}


class OfDescribeScenes(OfTool):
    tool_name, arguments = "describe_scenes", {"scene_ids": ["S0002"]}


class OfListScenes(OfTool):
    tool_name, arguments = "list_scenes", {"offset": 1, "limit": 2}


class OfSampleFrames(OfTool):
    tool_name, arguments = "sample_frames", {"video": FILM, "start_frame": 5, "end_frame": 30}


class OfPlanEdit(OfTool):
    tool_name, arguments = "plan_edit", {"duration_seconds": 3, "brief": "short", "out": "short.json"}


class OfRevisePlan(OfTool):
    tool_name, arguments = "revise_plan", {"change": "3 seconds"}


class OfListClips(OfTool):
    tool_name = "list_clips"


class OfRenderEdit(OfTool):
    tool_name, arguments = "render_edit", {"out": "suite.mp4"}


class OfExportTimeline(OfTool):
    tool_name, arguments = "export_timeline", {"out": "suite.otio"}


class OfRuntimeProfile(OfTool):
    tool_name = "runtime_profile"


class TestProbeVideoUnit(OfProbeVideo, ToolsUnitTests): ...


class TestProbeVideoIntegration(OfProbeVideo, ToolsIntegrationTests): ...


class TestDetectScenesUnit(OfDetectScenes, ToolsUnitTests): ...


class TestDetectScenesIntegration(OfDetectScenes, ToolsIntegrationTests): ...


class TestDescribeScenesUnit(OfDescribeScenes, ToolsUnitTests): ...


class TestDescribeScenesIntegration(OfDescribeScenes, ToolsIntegrationTests): ...


class TestListScenesUnit(OfListScenes, ToolsUnitTests): ...


class TestListScenesIntegration(OfListScenes, ToolsIntegrationTests): ...


class TestSampleFramesUnit(OfSampleFrames, ToolsUnitTests): ...


class TestSampleFramesIntegration(OfSampleFrames, ToolsIntegrationTests): ...


class TestPlanEditUnit(OfPlanEdit, ToolsUnitTests): ...


class TestPlanEditIntegration(OfPlanEdit, ToolsIntegrationTests): ...


class TestRevisePlanUnit(OfRevisePlan, ToolsUnitTests): ...


class TestRevisePlanIntegration(OfRevisePlan, ToolsIntegrationTests): ...


class TestListClipsUnit(OfListClips, ToolsUnitTests): ...


class TestListClipsIntegration(OfListClips, ToolsIntegrationTests): ...


class TestRenderEditUnit(OfRenderEdit, ToolsUnitTests): ...


class TestRenderEditIntegration(OfRenderEdit, ToolsIntegrationTests): ...


class TestExportTimelineUnit(OfExportTimeline, ToolsUnitTests): ...


class TestExportTimelineIntegration(OfExportTimeline, ToolsIntegrationTests): ...


class TestRuntimeProfileUnit(OfRuntimeProfile, ToolsUnitTests): ...


class TestRuntimeProfileIntegration(OfRuntimeProfile, ToolsIntegrationTests): ...


SUITES = [suite for suite in list(globals().values()) if isinstance(suite, type) and issubclass(suite, OfTool)]


def test_no_tool_is_left_out_of_the_suites() -> None:
    for kind in (ToolsUnitTests, ToolsIntegrationTests):
        assert {suite.tool_name for suite in SUITES if issubclass(suite, kind)} == set(TOOLS)


@pytest.mark.parametrize("suite", [suite for suite in SUITES if issubclass(suite, ToolsIntegrationTests)])
def test_what_the_suites_call_is_no_error(suite: type[OfTool]) -> None:
    """LangChain's suite is content with an error that is told."""
    message = called(suite.tool_name, **suite.arguments)
    assert message.status == "success", message.text
    assert message.artifact is not None


def test_the_text_is_short_and_the_artifact_whole() -> None:
    message = called("detect_scenes", video=FILM, out="found.json")
    first, header, *rows = message.text.splitlines()
    assert first == 'found.json: 5 scenes of "five shots.mp4", 0 described; 200 frames at 25 a second, 8.00 s.'
    assert header.startswith("id|in|out|")
    assert rows[0].split("|")[:3] == ["S0001", "0", "40"]
    assert len(message.artifact.scenes) == 5


def test_stills_are_the_artifact_never_the_text() -> None:
    message = called("sample_frames", video=FILM, start_frame=5, end_frame=30, count=2)
    assert message.text == "2 stills: frame 12 (192x112), frame 24 (192x112)."
    assert all(frame.jpeg.startswith(b"\xff\xd8") for frame in message.artifact)


def test_what_a_model_can_mend_is_told_to_the_model() -> None:
    message = called("probe_video", video="holiday.mp4")
    assert message.status == "error"
    assert message.text.startswith("'holiday.mp4' is not there. Files there: ")
    assert "'five shots.mp4'" in message.text


def test_a_wrong_argument_is_named_with_those_that_there_are() -> None:
    message = called("plan_edit", seconds=3, duration_seconds="long")
    assert message.status == "error"
    assert "duration_seconds: " in message.text
    assert "seconds: Extra inputs are not permitted" in message.text
    assert message.text.endswith(
        "arguments are: scenes, duration_seconds, brief, style, language, aspect, out, overwrite."
    )


@pytest.mark.parametrize("name", ["probe_video", "detect_scenes", "sample_frames", "render_edit", "export_timeline"])
def test_a_plain_tool_is_a_function_too(name: str) -> None:
    assert callable(getattr(tools, name))


def test_a_tool_is_its_plain_function_too(film: Path) -> None:
    """From Python it takes any path: only what a model says is bounded."""
    assert isinstance(tools.probe_video(film), Footage)
    assert len(tools.detect_scenes(tools.probe_video(film)).scenes) == 5


def test_each_argument_is_described_to_the_model() -> None:
    for tool in TOOLS.values():
        for name, argument in tool.tool_call_schema.model_json_schema()["properties"].items():
            assert argument.get("description"), f"{tool.name}.{name}"
        assert "Args:" not in tool.description
