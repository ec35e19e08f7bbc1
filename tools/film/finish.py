"""How a film is finished beyond its cuts: framed, lettered, levelled, and opened with a card."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from autocut_director.tools.words.subtitles import Subtitle

Fit = Literal["crop", "pad"]
"""How a film comes to another shape: by a window that keeps the subject in it, or by black bars."""

LoudnessTarget = Annotated[float, Field(ge=-40, le=-5, allow_inf_nan=False)]
"""Integrated loudness in LUFS (EBU R 128): -23 is asked by broadcasters, -14 by most web players."""


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What is wanted of a film besides its plan. The shape is the plan's own (`target.aspect`).

    `overlays`: whether overlay texts are set into the picture. `subtitles`: set into it too. `loudness`: None leaves
    the sound as loud as it was recorded. `title_card`: whether a card with the plan's title opens the film.
    """

    fit: Fit = "crop"
    overlays: bool = True
    subtitles: tuple[Subtitle, ...] = ()
    loudness: float | None = None
    title_card: bool = False
