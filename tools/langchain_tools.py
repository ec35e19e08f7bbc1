"""The hands as LangChain tools: a thin layer over the plain functions, with arguments and answers a model can use.

The text of an answer is short (ids, counts, paths); the whole value is the artifact. What a model can mend is told to
the model (`ToolException`); what only a person can mend is raised.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import Field

from autocut_director.errors import InputError, PlanError
from autocut_director.tools import export, files, frames, probe, render, scenes
from autocut_director.tools.timeline import Scene, ScenesDocument, timecode

Arguments = ParamSpec("Arguments")
Artifact = TypeVar("Artifact")

SceneSeconds = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
Stills = Annotated[int, Field(ge=1, le=16)]
_SHOWN = 40  # scenes named in an answer; the rest is counted


class FootageTool(StructuredTool):
    """A tool that is its plain function too: call it from Python, or let a model invoke it."""

    plain: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the plain function with Python values."""
        return self.plain(*args, **kwargs)


def _told(
    function: Callable[Arguments, tuple[str, Artifact]],
) -> Callable[Arguments, tuple[str, Artifact]]:
    """Let a model hear of what it can mend: a wrong path, id or document."""

    @wraps(function)
    def tell(*args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[str, Artifact]:
        try:
            return function(*args, **kwargs)
        except (InputError, PlanError) as exc:
            raise ToolException(str(exc)) from exc

    return tell


def _tool(function: Callable[..., tuple[str, Any]], plain: Callable[..., Any]) -> FootageTool:
    made = FootageTool.from_function(
        func=_told(function),
        name=plain.__name__,
        response_format="content_and_artifact",
        parse_docstring=True,
        handle_tool_error=True,
        handle_validation_error=True,
        plain=plain,
    )
    if not isinstance(made, FootageTool):
        msg = f"{plain.__name__} became a {type(made).__name__}"
        raise TypeError(msg)
    return made


def _probe(video: str) -> tuple[str, probe.Footage]:
    """Tell what a video is: length, frame rate, size and sound. Call this first.

    Args:
        video: Path of the video file.
    """
    footage = probe.probe_video(video)
    kind = "variable" if footage.variable_rate else "constant"
    sound = "with sound" if footage.has_audio else "silent"
    return (
        f"{footage.path}: {footage.seconds:.2f} s, {footage.duration_frames} frames at {footage.rate} a second "
        f"({kind} rate), {footage.width}x{footage.height}, {sound}, starts at {footage.start_tc}.",
        footage,
    )


def _detect(video: str, min_scene_seconds: SceneSeconds = scenes.MIN_SCENE_SECONDS) -> tuple[str, ScenesDocument]:
    """Find the scenes of a video: where one shot ends and the next begins.

    Args:
        video: Path of the video file.
        min_scene_seconds: A scene may not be shorter than this, in seconds.
    """
    document = scenes.detect_scenes(probe.probe_video(video), min_scene_seconds=min_scene_seconds)
    return _scene_list(document), document


def _sample(video: str, start_frame: int, end_frame: int, count: Stills = 3) -> tuple[str, tuple[frames.Frame, ...]]:
    """Take still frames from one span of a video, as JPEGs of at most 512 pixels. The pictures are the artifact.

    Args:
        video: Path of the video file.
        start_frame: First frame of the span.
        end_frame: Frame after the last of the span.
        count: How many stills, evenly spread.
    """
    footage = probe.probe_video(video)
    if not 0 <= start_frame < end_frame <= footage.duration_frames:
        raise InputError(
            f"Frames {start_frame} to {end_frame}: start must be below end, and end at most {footage.duration_frames}."
        )
    span = Scene(scene_id="span", start_frame=start_frame, end_frame=end_frame)
    (shot,) = frames.sample_frames(footage, [span], per_scene=count)
    sizes = ", ".join(f"frame {frame.index} ({frame.width}x{frame.height})" for frame in shot.frames)
    return f"{len(shot.frames)} stills: {sizes}.", shot.frames


def _render(plan: str, out: str) -> tuple[str, Path]:
    """Cut the film that a plan says.

    Args:
        plan: Path of a plan.json.
        out: Path of the MP4 file to write; must not exist yet.
    """
    read = files.read_plan(Path(plan))
    files.check_new_file(Path(out), overwrite=False)
    made = render.render_edit(read, Path(out))
    return f"{made}: {len(read.clips)} clips, {float(read.duration_frames / read.rate):.2f} s.", made


def _export(plan: str, out: str, to: str = "otio") -> tuple[str, Path]:
    """Write a plan as a timeline for an editor's own program.

    Args:
        plan: Path of a plan.json.
        out: Path of the file to write; must not exist yet.
        to: Format of the timeline: otio.
    """
    read = files.read_plan(Path(plan))
    files.check_new_file(Path(out), overwrite=False)
    made = export.export_timeline(read, Path(out), to=to)
    return f"{made}: {len(read.clips)} clips as {to}.", made


def _scene_list(document: ScenesDocument) -> str:
    found: Sequence[Scene] = document.scenes
    lines = [
        f"{scene.scene_id} frames {scene.start_frame}-{scene.end_frame} "
        f"({timecode(scene.start_frame, document.rate, start=document.media.start_tc)}, "
        f"{float(scene.length / document.rate):.2f} s)"
        for scene in found[:_SHOWN]
    ]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([f"{len(found)} scenes:", *lines, *more])


probe_video: BaseTool = _tool(_probe, probe.probe_video)
detect_scenes: BaseTool = _tool(_detect, scenes.detect_scenes)
sample_frames: BaseTool = _tool(_sample, frames.sample_frames)
render_edit: BaseTool = _tool(_render, render.render_edit)
export_timeline: BaseTool = _tool(_export, export.export_timeline)
