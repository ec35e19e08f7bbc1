"""Films and documents as a tool reads them: inside the workspace, and so is whatever they refer to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from autocut_director.errors import DocumentError, InputError, VideoError
from autocut_director.tools import files
from autocut_director.tools.timeline import EditPlan, Media, ScenesDocument
from autocut_director.tools.workspace import Workspace

# FFmpeg's names of containers that hold their film themselves. A playlist (HLS, DASH, concat) or a numbered sequence
# does not: it names other files, and FFmpeg would read them wherever they are. Sound, raw streams and moving pictures
# are let through to the probe, which says what is wrong with them.
_WHOLE = (
    *("mov", "matroska", "avi", "mpeg", "mpegts", "mxf", "asf", "flv", "ogg", "nut", "ivf", "dv", "gxf", "wtv", "rm"),
    *("mp3", "wav", "aac", "flac", "h264", "hevc", "m4v", "obu", "mpegvideo", "gif", "apng"),
)
_LONGEST_PATH = 120  # characters of a path that is told to a model


@contextmanager
def film_in(workspace: Workspace, name: str) -> Iterator[Path]:
    """Give the real path of the film `name`, which is one whole file, and is not exchanged while the block lasts.

    Raises:
        InputError: It leads out of the workspace, or is not there.
        VideoError: It refers to other files.
    """
    with workspace.reading(name) as path:
        _check_whole(path, name)
        workspace.protect(path)
        yield path


def _check_whole(path: Path, name: str) -> None:
    try:
        av.open(str(path), options={"format_whitelist": ",".join(_WHOLE)}, metadata_errors="replace").close()
    except av.error.ArgumentError as exc:
        raise VideoError(f"{name!r} is no film in one file, but a picture, a text or a list of other files.") from exc
    except (av.error.FFmpegError, OSError):  # no film at all: the probe says so in its own words
        return


def scenes_in(workspace: Workspace, name: str) -> ScenesDocument:
    """Read the scenes.json `name`, whose film is in the workspace; its media path becomes real.

    Raises:
        InputError: It leads out of the workspace, is not there, or is of a film outside.
        DocumentError: It is no such document.
    """
    with workspace.reading(name) as path:
        document = files.read_scenes(path)
    return document.model_copy(update={"media": _inside(workspace, document.media, name)})


def plan_in(workspace: Workspace, name: str) -> EditPlan:
    """Read the plan.json `name`, as `scenes_in` reads a scenes.json."""
    with workspace.reading(name) as path:
        plan = files.read_plan(path)
    return plan.model_copy(update={"media": _inside(workspace, plan.media, name)})


def _inside(workspace: Workspace, media: Media, name: str) -> Media:
    """Return `media` with its real path: what a file names is bounded as what a model names is."""
    try:
        path = workspace.path(media.primary_clip_path)
    except InputError as exc:
        film = media.primary_clip_path[-_LONGEST_PATH:]
        message = f"{name!r} is of a film outside the workspace ({film!r}); take one of a film in it."
        raise DocumentError(message) from exc
    return media.model_copy(update={"primary_clip_path": str(path)})
