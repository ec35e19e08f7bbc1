"""The edit as a timeline for an editor's own program, in the format that it reads."""

from pathlib import Path
from typing import Protocol

from autocut_director.errors import InputError
from autocut_director.tools.files import write_text
from autocut_director.tools.interchange.edl import edl_text
from autocut_director.tools.interchange.fcp7xml import fcp7xml_text
from autocut_director.tools.interchange.fcpxml import fcpxml_text
from autocut_director.tools.interchange.otio import otio_text
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.timeline import EditPlan


class Writer(Protocol):
    """Returns a plan as the text of a file; raises InputError where the format cannot hold it."""

    def __call__(self, plan: EditPlan, *, relative_to: Path | None = None) -> str:
        """`relative_to`: the folder from which the film's path is counted; None for an absolute one."""


WRITERS: dict[str, Writer] = {"otio": otio_text, "fcpxml": fcpxml_text, "xml": fcp7xml_text, "edl": edl_text}
"""Formats by the name that `--to` takes."""


def export_timeline(plan: EditPlan, out: Path, *, to: str = "otio", relative_to: Path | None = None) -> Path:
    """Write `plan` to `out` in the format `to`.

    `relative_to`: the folder from which the film's path is counted, usually that of `out`; None for an absolute path.

    Raises:
        InputError: No such format, or one that cannot hold the plan: the message says why and which can.
        PlanError: The plan's clips do not fit its film.
        OutputError: The file cannot be written there.
    """
    if to not in WRITERS:
        raise InputError(f"No timeline format {to!r}. Known: {', '.join(sorted(WRITERS))}.")
    check_against_film(plan)
    write_text(out, WRITERS[to](plan, relative_to=relative_to))
    return out


def in_every_format(plan: EditPlan) -> tuple[dict[str, str], dict[str, str]]:
    """Return the text of `plan` in each format that can hold it, and why each other one cannot; both by format."""
    texts, left_out = dict[str, str](), dict[str, str]()
    for name, write in WRITERS.items():
        try:
            texts[name] = write(plan)
        except InputError as exc:
            left_out[name] = str(exc)
    return texts, left_out
