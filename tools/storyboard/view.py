"""The numbers and sentences that the template shows; it decides nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autocut_director.tools.page_text import beside
from autocut_director.tools.plans.difference import compare
from autocut_director.tools.storyboard.board import Storyboard
from autocut_director.tools.storyboard.cards import Card, Cards
from autocut_director.tools.storyboard.changes import Changes
from autocut_director.tools.storyboard.places import Place, marks, place
from autocut_director.tools.storyboard.reels import Reel, fates_after, fates_before, reel_of
from autocut_director.tools.timeline import Clip, timecode


@dataclass(frozen=True)
class View:
    """One storyboard in the words of its language."""

    board: Storyboard
    words: Mapping[str, Any]

    @cached_property
    def cards(self) -> list[Card]:
        """A card for each scene."""
        return Cards(self.board, self.words).all()

    @cached_property
    def card_of(self) -> dict[str, Card]:
        """The cards by the ids of their scenes."""
        return {card.scene.scene_id: card for card in self.cards}

    @cached_property
    def changes(self) -> Changes | None:
        """What a revision changed; None where the edit is none."""
        earlier, plan = self.board.earlier, self.board.plan
        return Changes(compare(earlier.plan, plan), earlier.plan, plan, self.words) if earlier else None

    @cached_property
    def reel(self) -> Reel:
        """The edit."""
        fates = fates_after(self.changes.difference) if self.changes else {}
        return reel_of("now", self.board, scale=self._scale, fates=fates)

    @cached_property
    def earlier(self) -> Reel | None:
        """The edit before it."""
        if self.board.earlier is None or self.changes is None:
            return None
        fates = fates_before(self.changes.difference)
        return reel_of("earlier", self.board.earlier, scale=self._scale, fates=fates)

    @property
    def reels(self) -> list[Reel]:
        """All edits on the page, the earlier one first, as they stand under one another."""
        return [*([self.earlier] if self.earlier else []), self.reel]

    @property
    def ties(self) -> list[tuple[str, float, float]]:
        """Lines from the clips of the earlier edit to the same ones of the new: the kind, and both ends in percent."""
        if self.earlier is None:
            return []
        pairs = [(part, self.earlier.parts[part.other]) for part in self.reel.parts if part.other is not None]
        return [(new.kind or "kept", old.place.middle, new.place.middle) for new, old in pairs]

    @property
    def earlier_page(self) -> str | None:
        """The address of the earlier run's page."""
        page = self.board.earlier.page if self.board.earlier else None
        return beside(page) if page else None

    @cached_property
    def marks(self) -> list[tuple[str, Place]]:
        """The ruler over the edits."""
        said = marks(float(self._scale / self.board.plan.rate))
        return [(text, Place(f"mark-{n}", left, 0)) for n, (text, left) in enumerate(said)]

    @cached_property
    def used(self) -> list[tuple[Clip, Place]]:
        """Where in the film each clip comes from."""
        total = self.board.document.media.duration_frames
        return [
            (clip, place(f"used-{clip.order}", clip.in_frame, clip.length, total)) for clip in self.board.plan.clips
        ]

    @property
    def places(self) -> list[Place]:
        """All that stands on some time line."""
        on_film = [*(card.place for card in self.cards), *(where for _, where in self.used)]
        on_ruler = [where for _, where in self.marks]
        return [*on_film, *on_ruler, *(where for reel in self.reels for where in reel.places)]

    @property
    def track(self) -> int:
        """The least width of the edits' time line in pixels: a clip must be wide enough to be hit."""
        return 26 * max(len(reel.parts) for reel in self.reels)

    def seconds(self, frames: int) -> str:
        """Say a length."""
        return str(self.words["seconds"].format(float(frames / self.board.plan.rate)))

    def span(self, clip: Clip) -> str:
        """Say which part of the film a clip is."""
        start, end = (
            timecode(frame, self.board.plan.rate, start=self.board.plan.media.start_tc)
            for frame in (clip.in_frame, clip.out_frame)
        )
        return f"{start} – {end}"

    @property
    def _scale(self) -> int:
        """Frames of the longer edit: both stand on one scale."""
        board = self.board
        old = board.earlier.lead_frames + board.earlier.plan.duration_frames if board.earlier else 0
        return max(old, board.lead_frames + board.plan.duration_frames)
