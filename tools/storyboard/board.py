"""What the page is given: the values, without a word of HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autocut_director.tools.frames import Frame
from autocut_director.tools.timeline import EditPlan, Language, ScenesDocument


@dataclass(frozen=True)
class Earlier:
    """The edit that was there before a revision.

    `change` are the words that asked for the revision. `page` and `film` are the earlier run's files as paths relative
    to the new page, None where they are not there; `lead_frames` as in `Storyboard`.
    """

    plan: EditPlan
    change: str = ""
    page: str | None = None
    film: str | None = None
    lead_frames: int = 0


@dataclass(frozen=True)
class Storyboard:
    """All that the page shows.

    `pictures` holds the stills of each scene, in their order; `warnings` are sentences. `film` is the edit's film as a
    path relative to the page, None where it was not rendered; its first clip begins after `lead_frames` frames.
    """

    document: ScenesDocument
    plan: EditPlan
    pictures: Mapping[str, Sequence[Frame]]
    language: Language = "en"
    warnings: Sequence[str] = ()
    causes: Mapping[str, str] | None = None
    film: str | None = None
    lead_frames: int = 0
    earlier: Earlier | None = None
