"""Subtitles of an edit: what is said in the film, moved with the cut, in pieces that can be read in time.

plan → `_Stretch`es (clips over which the film runs on) → for each, the lines heard in it → `Subtitle`s

A line that a cut parts shows what is heard of it. A subtitle begins with what is said. It stays on over silence as long
as reading takes, never over a cut to another part of the film, and never beside another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, zip_longest
from math import ceil, floor

from autocut_director.tools.interchange.events import events
from autocut_director.tools.timeline import EditPlan, Line
from autocut_director.tools.words.line_breaks import Atom, atoms_of, blocks, in_lines, is_full

# Netflix's Timed Text Style Guide, for adults: characters a second, seconds, frames.
_LATIN_SPEED, _WIDE_SPEED = 17, 9
_SHORTEST, _LONGEST = Fraction(5, 6), Fraction(7)
_GAP = 2

_STILL_READ = Fraction(6, 5)  # times those speeds: 20 Latin characters a second, the guide's newer limit
_SHORTEST_REST = Fraction(1, 5)  # seconds: what is left of a parted line and lasts less is no speech
_PAUSE = Fraction(1)  # seconds: over a longer silence no subtitle stands


@dataclass(frozen=True)
class Subtitle:
    """One or two lines of text: frames [start_frame, end_frame) of the edit."""

    lines: tuple[str, ...]
    start_frame: int
    end_frame: int


def subtitles(plan: EditPlan, lines: Sequence[Line]) -> tuple[Subtitle, ...]:
    """Return what is said in the edit, by the `lines` of its film: in order, one at a time, within the edit."""
    cues = [cue for stretch in _stretches(plan) for cue in _cues(stretch, lines, plan.rate)]
    return tuple(_subtitle(cue, after, plan.rate) for cue, after in zip_longest(cues, cues[1:]))


def too_fast(shown: Sequence[Subtitle], rate: Fraction) -> int:
    """Return how many subtitles are gone before they can be read; `rate`: frames a second."""
    return sum(_reading(cue.lines) * rate > _STILL_READ * (cue.end_frame - cue.start_frame) for cue in shown)


# ---------------------------------------------------------------- what is heard


@dataclass(frozen=True)
class _Stretch:
    """Frames [start, end) of the film that the edit shows without a cut to another part, from frame `record` on."""

    start: int
    end: int
    record: int


@dataclass(frozen=True)
class _Cue:
    """Lines of text, said in frames [start, end) of the edit.

    `least`: frames that they are to be shown; `cut`: the frame at which the edit cuts to another part of the film.
    """

    lines: tuple[str, ...]
    start: int
    end: int
    least: int
    cut: int

    @property
    def floor(self) -> int:
        """Frames that it keeps when others are said at once."""
        return max(1, min(self.end - self.start, self.least))


def _stretches(plan: EditPlan) -> list[_Stretch]:
    joined = list[_Stretch]()
    for event in events(plan):
        clip = event.clip
        if joined and joined[-1].end == clip.in_frame:
            joined[-1] = _Stretch(joined[-1].start, clip.out_frame, joined[-1].record)
        else:
            joined.append(_Stretch(clip.in_frame, clip.out_frame, event.record_in))
    return joined


def _cues(stretch: _Stretch, lines: Sequence[Line], rate: Fraction) -> list[_Cue]:
    near = [line for line in lines if line.start_frame < stretch.end and line.end_frame > stretch.start]
    phrases = [phrase for line in near for phrase in _phrases(_heard(line, stretch, rate), rate)]
    parts = [part for phrase in phrases for part in blocks(phrase, _LONGEST * rate)]
    cues = sorted((_cue(part, stretch, rate) for part in parts), key=lambda cue: cue.start)
    return _in_turn(cues, stretch.record + stretch.end - stretch.start)


def _heard(line: Line, stretch: _Stretch, rate: Fraction) -> list[Atom]:
    """Return what is heard of `line`: each piece of which half and more lies in the stretch."""
    atoms = atoms_of(line)
    heard = [atom for atom in atoms if stretch.start <= atom.middle < stretch.end]
    frames = sum((_within(stretch, atom) for atom in heard), Fraction(0))
    parted = len(heard) < len(atoms)
    spoken = any(mark.isalnum() for atom in heard for mark in atom.text)
    return [] if not spoken or (parted and frames < _SHORTEST_REST * rate) else heard


def _within(stretch: _Stretch, atom: Atom) -> Fraction:
    return min(atom.end, Fraction(stretch.end)) - max(atom.start, Fraction(stretch.start))


def _phrases(atoms: Sequence[Atom], rate: Fraction) -> Iterator[Sequence[Atom]]:
    """Yield the parts of a line between its long pauses."""
    pauses = [at for at, (a, b) in enumerate(pairwise(atoms), 1) if b.start - a.end > _PAUSE * rate]
    if atoms:
        yield from (atoms[start:end] for start, end in pairwise([0, *pauses, len(atoms)]))


def _cue(atoms: Sequence[Atom], stretch: _Stretch, rate: Fraction) -> _Cue:
    lines, moved = in_lines(atoms), stretch.record - stretch.start
    start = max(floor(atoms[0].start), stretch.start)
    end = min(max(floor(atom.end) for atom in atoms), stretch.end)
    least = ceil(min(_LONGEST, max(_SHORTEST, _reading(lines))) * rate)
    return _Cue(lines, start + moved, max(start + 1, end) + moved, least, stretch.end + moved)


def _reading(lines: Sequence[str]) -> Fraction:
    """Return the seconds that it takes to read `lines`."""
    wide = sum(is_full(mark) for line in lines for mark in line)
    return Fraction(wide, _WIDE_SPEED) + Fraction(sum(map(len, lines)) - wide, _LATIN_SPEED)


# ---------------------------------------------------------------- when it is shown


def _in_turn(cues: Sequence[_Cue], end: int) -> list[_Cue]:
    """Let cues that are said at once, in a stretch up to the frame `end`, begin one after the other."""
    crowds = _crowds(cues)
    in_turn = list[_Cue]()
    for crowd, after in zip_longest(crowds, crowds[1:]):
        in_turn += _one_by_one(crowd, after[0].start if after else end)
    return in_turn


def _crowds(cues: Sequence[_Cue]) -> list[list[_Cue]]:
    """Put together what is said at once."""
    crowds = list[list[_Cue]]()
    for cue in cues:
        if crowds and cue.start < max(other.end for other in crowds[-1]):
            crowds[-1].append(cue)
        else:
            crowds.append([cue])
    return crowds


def _one_by_one(cues: Sequence[_Cue], end: int) -> list[_Cue]:
    """Let each cue wait until the one before has been read, or has been said if that is sooner.

    Where there is no time for that before the frame `end`, each gets its share; one without a frame is left out.
    """
    share = min(Fraction(1), Fraction(end - cues[0].start, sum(cue.floor for cue in cues)))
    starts, free = list[Fraction](), Fraction(0)
    for cue in cues:
        starts.append(max(free, Fraction(cue.start)))
        free = starts[-1] + share * cue.floor
    latest = Fraction(end)
    for at in reversed(range(len(cues))):
        starts[at] = latest = min(starts[at], latest - share * cues[at].floor)
    begun = [replace(cue, start=floor(start)) for cue, start in zip(cues, starts, strict=True)]
    return [cue for cue, after in zip_longest(begun, begun[1:]) if after is None or cue.start < after.start]


def _subtitle(cue: _Cue, after: _Cue | None, rate: Fraction) -> Subtitle:
    """Let a cue end when it is said and read: before the cut, and two frames before the next one begins."""
    limit = min(cue.cut, after.start - _GAP) if after is not None else cue.cut
    end = min(max(cue.end, cue.start + cue.least), cue.start + floor(_LONGEST * rate), limit)
    return Subtitle(cue.lines, cue.start, max(end, cue.start + 1))
