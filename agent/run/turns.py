"""Whose turn it is to be looked at: scenes as they come; or, where a run is bounded, those that fit.

As they come, scenes are looked at while the film is still read. A bound needs all of them first: what fits into it is
to cover the film.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from autocut_director.agent.estimate import Estimate
from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.outlook import expectation, is_bounded, outlook
from autocut_director.agent.run.stages import Cut, Sampled, grown
from autocut_director.agent.run.wishing import text_reader, unread, wish_at
from autocut_director.tools import recall
from autocut_director.tools.describe import Look, always
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.passing import Passing
from autocut_director.tools.selection import Choice, Everyone, choice_of
from autocut_director.tools.timeline import ScenesDocument


class Turns(Protocol):
    """Scenes to look at, in their order; what is known of the others, too, when all of them have been taken."""

    @property
    def shots(self) -> Iterable[SceneFrames]:
        """The scenes to look at."""
        ...

    @property
    def same_as(self) -> Mapping[str, str]:
        """For each near-duplicate the scene whose description it shares."""
        ...

    def admits(self, shot: SceneFrames) -> bool:
        """Tell whether a scene may be looked at now."""
        ...

    def note(self, look: Look) -> None:
        """Take in what looking at a scene took."""
        ...

    @property
    def document(self) -> ScenesDocument:
        """All scenes, measured."""
        ...

    def told(self, account: RunAccount, looks: Sequence[Look]) -> RunAccount:
        """Return the account with what the bounds came to."""
        ...


class Nobodys:
    """No scene's turn comes: an edit is only changed, and all of them are known. The film is not even opened."""

    def __init__(self, cut: Cut) -> None:
        self.document = cut.scenes.document
        self.shots: Iterable[SceneFrames] = ()
        self.same_as: Mapping[str, str] = {}
        self.admits = always

    def note(self, look: Look) -> None:
        """Nobody looks."""

    def told(self, account: RunAccount, _looks: Sequence[Look]) -> RunAccount:
        """Return it as it is."""
        return account


class AsTheyCome:
    """Scenes while the film is read."""

    def __init__(self, cut: Cut) -> None:
        self._cut, self._passing = cut, _passing(cut, choice_of(cut.eyes.max_scenes, *cut.scenes.span))
        self.shots: Iterable[SceneFrames] = self._passing.chosen()
        self.admits = always

    @property
    def same_as(self) -> Mapping[str, str]:
        """As the choice says."""
        return self._passing.choice.same_as

    def note(self, look: Look) -> None:
        """Nothing depends on it."""

    @property
    def document(self) -> ScenesDocument:
        """What has passed."""
        return self._passing.document

    def told(self, account: RunAccount, looks: Sequence[Look]) -> RunAccount:
        """Return it with what was to be expected."""
        sampled = grown(self._cut, Sampled, document=self.document, shots=self._passing.outlines)
        return _expecting(account, expectation(sampled, wish_at(sampled), looks))


class WithinBounds:
    """Scenes that cover the film as far as money and time reach.

    Raises, when made:
        InputError: The bound of cost cannot be kept.
    """

    def __init__(self, cut: Cut) -> None:
        self._sampled = sample(cut)
        self._outlook = outlook(self._sampled, wish_at(self._sampled))
        self.shots: Iterable[SceneFrames] = self._outlook.selection.chosen
        self.admits, self.note = self._outlook.budget.admits, self._outlook.budget.note

    @property
    def same_as(self) -> Mapping[str, str]:
        """As was chosen."""
        return self._outlook.selection.same_as

    @property
    def document(self) -> ScenesDocument:
        """As they were sampled."""
        return self._sampled.document

    def told(self, account: RunAccount, looks: Sequence[Look]) -> RunAccount:
        """Return it with what was expected, and what the bounds left out."""
        account = account.noting(bounds=self._outlook.bounds(self._sampled.request, looks))
        return _expecting(account, self._outlook.estimate)


def turns_of(cut: Cut) -> Turns:
    """Return the turns of a run."""
    if cut.request.earlier is not None:
        return Nobodys(cut)
    return WithinBounds(cut) if is_bounded(cut.request) else AsTheyCome(cut)


def sample(cut: Cut) -> Sampled:
    """Read the whole film: take the stills of all scenes and measure them."""
    passing = _passing(cut, Everyone())
    shots = tuple(passing.chosen())
    return grown(cut, Sampled, document=passing.document, shots=shots)


def _passing(cut: Cut, choice: Choice) -> Passing:
    """Begin the pass over the scenes."""
    read = text_reader(cut.store) if cut.request.read_text else unread
    return Passing(cut.scenes, lambda shot: read(recall.measured(shot, cut.store)), choice)


def _expecting(account: RunAccount, estimate: Estimate) -> RunAccount:
    return account.noting(expected=estimate.model_dump(mode="json", by_alias=True))
