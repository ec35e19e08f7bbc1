"""The scenes on their way from the film to those who look: measured and chosen while the film is being read."""

from collections.abc import Iterator

from autocut_director.agent.run.stages import Cut
from autocut_director.agent.run.wishing import text_reader, unread
from autocut_director.tools import recall
from autocut_director.tools.ahead import ahead
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.selection import Choice, Nobody, choice_of, chosen_of
from autocut_director.tools.timeline import ScenesDocument

_AHEAD = 8  # scenes that may be found before they are measured: a film is never read far ahead of those who look


class Passing:
    """One pass over the scenes of a run. Where an edit is only changed, nothing is measured and nobody chosen."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._shots: list[SceneFrames] = []
        self._known = cut.request.earlier is not None
        self.choice: Choice = Nobody() if self._known else choice_of(cut.eyes.max_scenes, *cut.scenes.span)

    def chosen(self) -> Iterator[SceneFrames]:
        """Yield the scenes to look at, each as soon as it is chosen; the whole film has passed when they have ended."""
        return chosen_of(self._passing(), self.choice)

    @property
    def shots(self) -> tuple[SceneFrames, ...]:
        """The scenes that have passed, measured."""
        return tuple(self._shots)

    @property
    def document(self) -> ScenesDocument:
        """The scenes that have passed, as a document."""
        scenes = tuple(shot.scene for shot in self._shots)
        return self._cut.scenes.document.model_copy(update={"scenes": scenes})

    def _passing(self) -> Iterator[SceneFrames]:
        read = text_reader(self._cut.store) if self._cut.request.read_text else unread
        for shot in ahead(self._cut.scenes, most=_AHEAD):
            self._shots.append(shot if self._known else read(recall.measured(shot, self._cut.store)))
            yield self._shots[-1]
