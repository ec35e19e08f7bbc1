"""What a revision changed, as the page says it: which clips are the same, moved, new or gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autocut_director.tools.plans.difference import ClipChange, Difference, Kind
from autocut_director.tools.timeline import Clip, EditPlan, timecode

SIGNS: dict[Kind, str] = {"kept": "=", "trimmed": "↔", "moved": "⇄", "added": "+", "removed": "−", "reworded": "✎"}


@dataclass(frozen=True)
class Changes:
    """The difference between two edits, looked up by a clip's place in either."""

    difference: Difference
    before: EditPlan
    after: EditPlan
    words: Mapping[str, Any]

    @property
    def counts(self) -> list[tuple[Kind, str, int]]:
        """Each kind of change that there is: its name, its word, and how many clips."""
        counted = [(kind, self.words["kinds"][kind], self.difference.count(kind)) for kind in SIGNS]
        return [(kind, word, count) for kind, word, count in counted if count]

    @property
    def length(self) -> str:
        """How long the edit was and is."""
        frames = {"before": self.difference.frames_before, "after": self.difference.frames_after}
        return str(self.words["length"].format(**{name: float(n / self.after.rate) for name, n in frames.items()}))

    @property
    def lines(self) -> list[tuple[ClipChange, str]]:
        """What is not as it was, and how."""
        return [(change, self._said(change)) for change in self.difference.clips if change.kind != "kept"]

    def _said(self, change: ClipChange) -> str:
        old = self.before.clips[change.before - 1] if change.before else None
        new = self.after.clips[change.after - 1] if change.after else None
        if old is None or new is None:
            return " · ".join(self._span(clip) for clip in (old, new) if clip)
        if change.kind == "moved":
            where = self.words["moved_from"].format(before=change.before, after=change.after)
            return f"{where} · {self._span(new)}"
        if change.kind == "reworded":
            return f"{self._label(old)} → {self._label(new)}"
        return f"{self._span(old)} → {self._span(new)}"

    def _label(self, clip: Clip) -> str:
        return " · ".join(part for part in (self.words["purposes"][clip.purpose], clip.overlay_text) if part)

    def _span(self, clip: Clip) -> str:
        plan = self.after
        start, end = (
            timecode(frame, plan.rate, start=plan.media.start_tc) for frame in (clip.in_frame, clip.out_frame)
        )
        return f"{start} – {end} ({self.words['seconds'].format(float(clip.length / plan.rate))})"
