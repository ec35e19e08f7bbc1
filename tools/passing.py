"""The scenes on their way from the film to those who look: measured and chosen while the film is being read."""

from collections.abc import Callable, Iterator

from autocut_director.tools.ahead import ahead
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.scene_pass import ScenePass
from autocut_director.tools.selection import Choice, chosen_of
from autocut_director.tools.timeline import ScenesDocument

_AHEAD = 8  # scenes that may be found before they are measured: a film is never read far ahead of those who look


class Passing:
    """One pass over the scenes of a film; `measure` puts to each what is measured of its stills.

    Of what has passed only outlines are held: the pictures of a long film would be most of what the program takes.
    """

    def __init__(self, scenes: ScenePass, measure: Callable[[SceneFrames], SceneFrames], choice: Choice) -> None:
        self._scenes, self._measure = scenes, measure
        self._outlines: list[SceneFrames] = []
        self.choice = choice

    def chosen(self) -> Iterator[SceneFrames]:
        """Yield the scenes to look at, each as soon as it is chosen; the whole film has passed when they have ended."""
        return chosen_of(self._passing(), self.choice)

    @property
    def outlines(self) -> tuple[SceneFrames, ...]:
        """The scenes that have passed, measured; their stills without the pictures."""
        return tuple(self._outlines)

    @property
    def document(self) -> ScenesDocument:
        """The scenes that have passed, as a document."""
        return self._scenes.document.model_copy(update={"scenes": tuple(shot.scene for shot in self._outlines)})

    def _passing(self) -> Iterator[SceneFrames]:
        for shot in ahead(self._scenes, most=_AHEAD):
            measured = self._measure(shot)
            self._outlines.append(measured.outline)
            yield measured
