"""Tools that find out what is in a film: probe_video, detect_scenes, describe_scenes, list_scenes, sample_frames."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated

from langchain_core.tools import BaseTool
from pydantic import Field

from autocut_director.errors import BackendError, InputError
from autocut_director.tools import describe, frames, probe, recall, scenes
from autocut_director.tools.files import to_json
from autocut_director.tools.passing import Passing
from autocut_director.tools.scene_pass import LaterPass
from autocut_director.tools.selection import OnlyThese, choice_of
from autocut_director.tools.store import NO_STORE, Store
from autocut_director.tools.timeline import Scene, ScenesDocument
from autocut_director.tools.toolset.hearing import Ear, say_first, watched
from autocut_director.tools.toolset.making import make_tool
from autocut_director.tools.toolset.reading import film_in, scenes_in
from autocut_director.tools.toolset.telling import (
    MOST_SHOWN,
    SHOWN,
    file_name,
    film_name,
    length_of,
    noted,
    one_line,
    scene_rows,
    scene_table,
)
from autocut_director.tools.workspace import HERE, Product, Workspace

SceneSeconds = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
Stills = Annotated[int, Field(ge=1, le=16)]
FrameIndex = Annotated[int, Field(ge=0)]
Offset = Annotated[int, Field(ge=0)]
Limit = Annotated[int, Field(ge=1, le=MOST_SHOWN)]
SceneIds = Annotated[list[str], Field(max_length=MOST_SHOWN)]

_STILLS = 3
_MOST_MISSING = 5  # unknown ids named in an answer


@dataclass(frozen=True)
class Looking:
    """Who looks: at how many scenes (0: all), how many at once, with how many stills of each; `notes` for a person.

    `store`: what is known of films already.
    """

    vision: describe.Vision
    max_scenes: int
    parallel: int
    stills: int = _STILLS
    notes: tuple[str, ...] = ()
    store: Store = NO_STORE


def make_probe_video(workspace: Workspace) -> BaseTool:
    """Make the tool that says what a video is."""

    def probe_video(video: str) -> tuple[str, probe.Footage]:
        """Tell what a video is: length, frame rate, size and sound. Call this first.

        Args:
            video: Path of the video file, from the workspace, such as "holiday.mp4".
        """
        with film_in(workspace, video) as path:
            footage = probe.probe_video(path)
        return f"{file_name(workspace, path)}: {_about(footage)}", footage

    return make_tool(probe_video, workspace, plain=probe.probe_video)


def _about(footage: probe.Footage) -> str:
    kind = "variable" if footage.variable_rate else "constant"
    sound = "with sound" if footage.has_audio else "silent"
    return (
        f"{footage.seconds:.2f} s, {footage.duration_frames} frames at {footage.rate} a second ({kind} rate), "
        f"{footage.width}x{footage.height}, {sound}, starts at {footage.start_tc}."
    )


def make_detect_scenes(workspace: Workspace, store: Store = NO_STORE) -> BaseTool:
    """Make the tool that finds a film's scenes; what `store` has of it is not looked for again."""

    def detect_scenes(
        video: str,
        out: str = "scenes.json",
        min_scene_seconds: SceneSeconds = scenes.MIN_SCENE_SECONDS,
        overwrite: bool = False,
    ) -> tuple[str, ScenesDocument]:
        """Find the scenes of a video and write them to a file. describe_scenes comes next, then plan_edit.

        Args:
            video: Path of the video file, from the workspace, such as "holiday.mp4".
            out: The scenes file to write; it ends in .json. Each film needs its own.
            min_scene_seconds: A scene may not be shorter than this, in seconds.
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        product = Product("scenes", ".json", film=workspace.file(video))
        with workspace.writing(out, product, overwrite=overwrite) as part, film_in(workspace, video) as path:
            footage = recall.probed(path, store)
            progress = watched("scenes")
            document = recall.detected(footage, store, min_scene_seconds=min_scene_seconds, progress=progress)
            part.write_text(to_json(document), encoding="utf-8", newline="\n")
        return _listed(workspace, out, document), document

    return make_tool(detect_scenes, workspace, plain=scenes.detect_scenes)


def make_list_scenes(workspace: Workspace) -> BaseTool:
    """Make the tool that shows a part of a scenes file."""

    def list_scenes(
        scenes: str = "scenes.json", offset: Offset = 0, limit: Limit = SHOWN
    ) -> tuple[str, tuple[Scene, ...]]:
        """Show some of the scenes in a scenes file, with what was seen in them.

        Args:
            scenes: The scenes file, from the workspace.
            offset: How many scenes to skip.
            limit: How many scenes to show, at most 40.
        """
        document = scenes_in(workspace, scenes)
        text = _listed(workspace, scenes, document, offset=offset, limit=limit)
        return text, document.scenes[offset : offset + limit]

    return make_tool(list_scenes, workspace)


def _listed(workspace: Workspace, name: str, document: ScenesDocument, *, offset: int = 0, limit: int = SHOWN) -> str:
    file, film = file_name(workspace, workspace.path(name)), document.media.duration_frames
    described = sum(scene.visual is not None for scene in document.scenes)
    head = (
        f"{file}: {len(document.scenes)} scenes of {film_name(document)}, {described} described; {film} frames at "
        f"{document.rate} a second, {length_of(film, document)}."
    )
    return "\n".join([head, *scene_table(document, file, offset=offset, limit=limit)])


def make_describe_scenes(
    vision: describe.Vision, *, max_scenes: int = 10, parallel: int = 2, workspace: Workspace | None = None
) -> BaseTool:
    """Make the tool that has `vision` look at scenes.

    Args:
        vision: Describes one scene from its stills.
        max_scenes: How many scenes are looked at in one call, spread over the film; 0: all.
        parallel: How many scenes are looked at at once.
        workspace: Where files may be read and written; the working folder when None.
    """
    looking = Looking(vision, max_scenes, parallel)
    return describe_tool(lambda: looking, workspace or HERE)


def describe_tool(who: Callable[[], Looking], workspace: Workspace) -> BaseTool:
    """Make the tool that looks at scenes; `who` is asked at each call, and not before."""

    def describe_scenes(
        scenes: str = "scenes.json",
        scene_ids: SceneIds | None = None,
        out: str = "",
        overwrite: bool = False,
    ) -> tuple[str, ScenesDocument]:
        """Have a vision model look at scenes, and write what it saw into the scenes file. detect_scenes comes before.

        Args:
            scenes: The scenes file that detect_scenes wrote.
            scene_ids: Ids of the scenes to look at, such as ["S0003"]; leave out to cover the whole film.
            out: The scenes file to write; leave out to write into the same file.
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        target = out or scenes
        product = Product("scenes", ".json", film=Path(scenes_in(workspace, scenes).media.primary_clip_path))
        with workspace.writing(target, product, overwrite=overwrite) as part:
            document, looking = scenes_in(workspace, scenes), who()
            say_first(looking.notes)
            looked = _looked(workspace, document, scene_ids, looking)
            part.write_text(to_json(looked.document), encoding="utf-8", newline="\n")
        return _said_of(file_name(workspace, workspace.path(target)), looked, looking), looked.document

    return make_tool(describe_scenes, workspace)


@dataclass(frozen=True)
class _Looked:
    """What came of looking: the document, the looks, and what the models' side had to say."""

    document: ScenesDocument
    looks: tuple[describe.Look, ...]
    notes: tuple[str, ...]


def _looked(
    workspace: Workspace, document: ScenesDocument, scene_ids: Sequence[str] | None, looking: Looking
) -> _Looked:
    """Look at the scenes asked for, or at those that cover the film. A description is not lost to a later failure.

    Raises:
        InputError: No such scene, or another film.
        BackendError: Nobody could look.
    """
    _check_ids(document, scene_ids)
    ear, at_once, on_look = Ear(), looking.parallel, _counted(_how_many(document, scene_ids, looking))
    with _passing(workspace, document, scene_ids, looking) as passing:
        looks = describe.describe_scenes(
            looking.vision, passing.chosen(), config=ear.config, parallel=at_once, on_look=on_look
        )
    failed = [look for look in looks if look.error is not None]
    if len(failed) == len(looks) and (not scene_ids or any(look.gave_out for look in failed)):
        raise BackendError(f"None of {len(looks)} scenes could be described. The first: {failed[0].error}")
    known = {scene.scene_id for scene in document.scenes if scene.visual is not None}
    news = [look for look in looks if look.description is not None or look.scene_id not in known]
    measured = passing.document
    seen = describe.with_looks(measured.scenes, news, passing.choice.same_as)
    return _Looked(measured.model_copy(update={"scenes": seen}), looks, tuple(ear.said))


def _how_many(document: ScenesDocument, scene_ids: Sequence[str] | None, looking: Looking) -> int:
    """Return how many scenes are looked at, at most."""
    total = len(document.scenes)
    return len(set(scene_ids)) if scene_ids else min(looking.max_scenes or total, total)


def _counted(total: int) -> Callable[[describe.Look], None]:
    progress, done = watched("describe"), count(1)
    return lambda _: progress(next(done), total)


def _check_ids(document: ScenesDocument, scene_ids: Sequence[str] | None) -> None:
    known = [scene.scene_id for scene in document.scenes]
    unknown = [one_line(repr(name), 40) for name in scene_ids or () if name not in known]
    if unknown:
        ids = f"{one_line(known[0], 40)} to {one_line(known[-1], 40)}"
        raise InputError(f"No scene {', '.join(unknown[:_MOST_MISSING])}. There are {len(known)} scenes: {ids}.")


@contextmanager
def _passing(
    workspace: Workspace, document: ScenesDocument, scene_ids: Sequence[str] | None, looking: Looking
) -> Iterator[Passing]:
    """Begin the pass over the scenes; nothing is sent to a model before the film is known to be the one."""
    with film_in(workspace, document.media.primary_clip_path) as path:
        footage = recall.probed(path, looking.store)
        probe.check_same_film(document.media, document.rate, footage, what="The scenes file")
        scenes = LaterPass(footage, document, looking.stills, store=looking.store)
        choice = OnlyThese(scene_ids) if scene_ids else choice_of(looking.max_scenes, *scenes.span)
        yield Passing(scenes, lambda shot: recall.measured(shot, looking.store), choice)


def _said_of(file: str, looked: _Looked, looking: Looking) -> str:
    scenes = {scene.scene_id: scene for scene in looked.document.scenes}
    done = [scenes[look.scene_id] for look in looked.looks if look.description is not None]
    failed = [look for look in looked.looks if look.error is not None]
    by = Counter(f"{scene.visual.analyzed_by} {scene.visual.model}".strip() for scene in done if scene.visual)
    who = ", ".join(f"{count} by {one_line(name, 60) or 'the given model'}" for name, count in by.items())
    total = sum(scene.visual is not None for scene in looked.document.scenes)
    head = f"{file}: {total} of {len(scenes)} scenes have a description. Described now: {who or 'none'}."
    wrong = [f"{len(failed)} scenes failed; {failed[0].scene_id}: {failed[0].error}"] if failed else []
    rest = [f'{len(done) - SHOWN} more: list_scenes("{file}").'] if len(done) > SHOWN else []
    return "\n".join([head, *noted([*looking.notes, *looked.notes, *wrong]), *scene_rows(done), *rest])


def make_sample_frames(workspace: Workspace) -> BaseTool:
    """Make the tool that takes stills. They are for Python: a model gets their numbers alone."""

    def sample_frames(
        video: str, start_frame: FrameIndex, end_frame: FrameIndex, count: Stills = _STILLS
    ) -> tuple[str, tuple[frames.Frame, ...]]:
        """Take still frames from one span of a video, as JPEGs of at most 512 pixels. The pictures are the artifact.

        Args:
            video: Path of the video file, from the workspace.
            start_frame: First frame of the span.
            end_frame: Frame after the last of the span.
            count: How many stills, evenly spread.
        """
        with film_in(workspace, video) as path:
            footage = probe.probe_video(path)
            if not start_frame < end_frame <= footage.duration_frames:
                raise InputError(
                    f"Frames {start_frame} to {end_frame}: start must be below end, and end at most "
                    f"{footage.duration_frames}."
                )
            span = Scene(scene_id="span", start_frame=start_frame, end_frame=end_frame)
            (shot,) = frames.sample_frames(footage, [span], per_scene=count)
        sizes = ", ".join(f"frame {frame.index} ({frame.width}x{frame.height})" for frame in shot.frames)
        return f"{len(shot.frames)} stills: {sizes}.", shot.frames

    return make_tool(sample_frames, workspace, plain=frames.sample_frames)
