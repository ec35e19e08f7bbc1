"""The edit as a timeline for an editor's own program, in the format that it reads, and its subtitles."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from autocut_director.errors import InputError
from autocut_director.tools.files import write_text
from autocut_director.tools.interchange.edl import edl_text
from autocut_director.tools.interchange.events import NOBODY_LOOKED, Seen
from autocut_director.tools.interchange.fcp7xml import fcp7xml_text
from autocut_director.tools.interchange.fcpxml import fcpxml_text
from autocut_director.tools.interchange.otio import otio_text
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.timeline import EditPlan, Line
from autocut_director.tools.words.subrip import srt_text
from autocut_director.tools.words.subtitles import subtitles


class Writer(Protocol):
    """Returns a plan as the text of a file; raises InputError where the format cannot hold it."""

    def __call__(self, plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
        """`relative_to`: the folder from which the film's path is counted; None for an absolute one.

        `seen`: what is to be seen in the scenes.
        """


WRITERS: dict[str, Writer] = {"otio": otio_text, "fcpxml": fcpxml_text, "xml": fcp7xml_text, "edl": edl_text}
"""Formats of a timeline by the name that `--to` takes."""

SUBTITLES = "srt"
"""What `--to` calls the subtitles of what is said in the edit."""


def export_timeline(  # noqa: PLR0913  # as many as there are wishes
    plan: EditPlan,
    out: Path,
    *,
    to: str = "otio",
    relative_to: Path | None = None,
    lines: Sequence[Line] = (),
    lead_frames: int = 0,
    seen: Seen = NOBODY_LOOKED,
) -> Path:
    """Write `plan` to `out` in the format `to`.

    `relative_to`: the folder from which the film's path is counted, usually that of `out`; None for an absolute path.
    `lines`: what is said in the film; subtitles are made of it, timelines are without. `lead_frames`: of the card that
    stands before the edit in its film; subtitles begin after it, timelines are of the edit alone. `seen`: what is to be
    seen in the scenes, by their ids; each clip of a timeline tells it.

    Raises:
        InputError: No such format, or one that cannot hold the plan: the message says why and which can.
        PlanError: The plan's clips do not fit its film.
        OutputError: The file cannot be written there.
    """
    writers = {**WRITERS, SUBTITLES: _subtitles_of(lines, lead_frames=lead_frames)}
    if to not in writers:
        raise InputError(f"No timeline format {to!r}. Known: {', '.join(sorted(writers))}.")
    check_against_film(plan)
    write_text(out, writers[to](plan, relative_to=relative_to, seen=seen))
    return out


def in_every_format(
    plan: EditPlan, lines: Sequence[Line] = (), *, lead_frames: int = 0, seen: Seen = NOBODY_LOOKED
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the text of `plan` in each format that can hold it, and why each other one cannot; both by format.

    Subtitles are among them where it is known what is said in the film: its `lines`; they begin after `lead_frames`.
    `seen`: what is to be seen in the scenes, by their ids.
    """
    writers = {**WRITERS, SUBTITLES: _subtitles_of(lines, lead_frames=lead_frames)} if lines else WRITERS
    texts, left_out = dict[str, str](), dict[str, str]()
    for name, write in writers.items():
        try:
            texts[name] = write(plan, seen=seen)
        except InputError as exc:
            left_out[name] = str(exc)
    return texts, left_out


def _subtitles_of(lines: Sequence[Line], *, lead_frames: int = 0) -> Writer:
    """Return what writes the subtitles of an edit, by what is said in its film."""

    def write(plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
        if not lines:
            raise InputError("Subtitles need what is said in the film; name its SRT or VTT file: --transcript FILE")
        shown = subtitles(plan, lines)
        if not shown:
            raise InputError("Nothing that is said in the film is heard in the edit, so it has no subtitles.")
        return srt_text(shown, plan.rate, lead_frames=lead_frames)

    return write
