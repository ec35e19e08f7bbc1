"""Text in lines that can be read at a glance: a line of a transcript → `Atom`s → `blocks` of them → lines of text.

An atom is what is never broken: a Latin word, or one Chinese character with the punctuation that belongs to it. It
knows when it is said: by the line's words where they are timed, else in proportion to its width.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from autocut_director.tools.timeline import Line
from autocut_director.tools.words.cues import is_wide, joined

# Netflix's Timed Text Style Guide: 2 lines of 42 characters, of 16 in Chinese.
_LATIN_COLUMNS, _WIDE_COLUMNS = 42, 2 * 16
_SHORT = 28  # columns: what is shorter is not parted for lasting long

_OPENING = "（【《〈「『〔［｛“‘([{"
_CLOSING = "。，、；：！？．）】》〉」』〕］｝”’…—–～·｡,.;:!?)]}%"
_EITHER = "\"'"  # nobody can tell which of the two they are
_AFTER = rf"[{re.escape(_CLOSING + _EITHER)}]*$"
_SENTENCE_ENDS = re.compile(rf"[.!?…。！？｡]{_AFTER}")
_CLAUSE_ENDS = re.compile(rf"[,;:，、；：—–)）」』”》]{_AFTER}")
_CONJUNCTION = re.compile(
    "and|but|or|so|because|that|which|who|when|where|while|if|though|then|[和与但而因所如并或]", re.IGNORECASE
)
_LEANING = re.compile(
    "an?|the|of|to|in|on|at|for|with|by|from|my|your|his|her|its|our|their|is|are|was|were|not", re.IGNORECASE
)

Span = tuple[Fraction, Fraction]
"""Frames [start, end) of the film, exact."""


@dataclass(frozen=True)
class Atom:
    """A piece of text that is never broken, said in frames [start, end), exact.

    `spaced`: a space stands before it. `opens`: a word begins with it, as far as anybody knows. `columns`: its width,
    in halves of a Chinese character.
    """

    text: str
    start: Fraction
    end: Fraction
    spaced: bool
    opens: bool
    columns: int

    @property
    def middle(self) -> Fraction:
        """Frames."""
        return (self.start + self.end) / 2


def columns(text: str) -> int:
    """Return how wide `text` is, in halves of a Chinese character."""
    return sum(0 if unicodedata.combining(mark) else 1 + is_full(mark) for mark in text)


def is_full(mark: str) -> bool:
    """Tell whether a character is as wide as a Chinese one."""
    return unicodedata.east_asian_width(mark) in "WF"


def written(atoms: Sequence[Atom]) -> str:
    """Return atoms as text."""
    return "".join(" " * (number > 0 and atom.spaced) + atom.text for number, atom in enumerate(atoms))


# ---------------------------------------------------------------- a line to atoms


def atoms_of(line: Line) -> list[Atom]:
    """Return the atoms of `line`, in the order of its text."""
    words = [word.text for word in line.words]
    text, places = line.text, _places(line.text, words)
    if places is None:  # the words are others than the text's
        text = joined(words)
        places = _places(text, words) or []
    spans = _spans(text, line, places)
    return [
        Atom(
            text=text[start:end],
            start=spans[start][0],
            end=max(spans[end - 1][1], spans[start][0]),
            spaced=text[start - 1 : start].isspace(),
            opens=not places or start in places,
            columns=columns(text[start:end]),
        )
        for start, end in _unbreakable(text)
    ]


def _places(text: str, words: Sequence[str]) -> list[int] | None:
    """Return where each of `words` begins in `text`, one behind the other; None if one is not there."""
    places, at = list[int](), 0
    for word in words:
        place = text.find(word, at)
        if place < 0:
            return None
        places.append(place)
        at = place + len(word)
    return places


def _spans(text: str, line: Line, places: Sequence[int]) -> list[Span]:
    """Return when each character is said."""
    timed = [(Fraction(word.start_frame), Fraction(word.end_frame)) for word in line.words]
    if not timed:
        return list(_shared(text, Fraction(line.start_frame), Fraction(line.end_frame)))
    cuts = [0, *places[1:], len(text)]
    pieces = zip(pairwise(cuts), timed, strict=True)
    return [span for (start, end), times in pieces for span in _shared(text[start:end], *times)]


def _shared(text: str, start: Fraction, end: Fraction) -> Iterator[Span]:
    """Yield when each character is said, if each takes as long as it is wide."""
    widths = [0 if mark.isspace() else columns(mark) for mark in text]
    each, at = (end - start) / max(1, sum(widths)), start
    for width in widths:
        yield at, at + width * each
        at += width * each


def _unbreakable(text: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where in `text` each atom stands."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _may_part(text[at - 1], text[at]):
            inner = text[start:at].strip()
            if inner:
                begin = text.index(inner, start)
                yield begin, begin + len(inner)
            start = at


def _may_part(before: str, after: str) -> bool:
    if before.isspace() or after.isspace():
        return True
    held = before in _OPENING + _EITHER or after in _CLOSING + _EITHER
    return not held and (is_wide(before) or is_wide(after))


# ---------------------------------------------------------------- atoms to lines of text


def blocks(atoms: Sequence[Atom], longest: Fraction) -> list[Sequence[Atom]]:
    """Part atoms into blocks of at most two lines and `longest` frames: few, alike, and parted where the sense is.

    The cheapest way to the end of each atom is found from the cheapest ways to those before it.
    """
    limit, ways = _limit(atoms), [(0.0, 0)]
    for end in range(1, len(atoms) + 1):
        costs = list[tuple[float, int]]()
        for start in reversed(range(end)):
            if not _fits(atoms[start:end], limit, longest):
                break
            empty = 1 - _width(atoms[start:end]) / (2 * limit)
            parting = _parting(atoms[end - 1], atoms[end]) if end < len(atoms) else 0
            costs.append((ways[start][0] + 0.5 + empty**2 + parting, start))
        ways.append(min(costs))
    return list(_parted(atoms, ways))


def in_lines(atoms: Sequence[Atom]) -> tuple[str, ...]:
    """Return a block as one line of text, or as two of about the same length, the shorter above."""
    limit = _limit(atoms)
    ways = [at for at in range(1, len(atoms)) if _is_line(atoms[:at], limit) and _is_line(atoms[at:], limit)]
    if _is_line(atoms, limit) or not ways:
        return (written(atoms),)
    at = min(ways, key=lambda at: _parting(atoms[at - 1], atoms[at]) + _slant(atoms, at) / limit)
    return written(atoms[:at]), written(atoms[at:])


def _parted(atoms: Sequence[Atom], ways: Sequence[tuple[float, int]]) -> list[Sequence[Atom]]:
    parts, end = list[Sequence[Atom]](), len(atoms)
    while end:
        start = ways[end][1]
        parts.insert(0, atoms[start:end])
        end = start
    return parts


def _limit(atoms: Sequence[Atom]) -> int:
    return _WIDE_COLUMNS if any(is_full(mark) for atom in atoms for mark in atom.text) else _LATIN_COLUMNS


def _width(atoms: Sequence[Atom]) -> int:
    return sum(atom.columns + atom.spaced for atom in atoms) - atoms[0].spaced


def _is_line(atoms: Sequence[Atom], limit: int) -> bool:
    return len(atoms) == 1 or _width(atoms) <= limit


def _fits(atoms: Sequence[Atom], limit: int, longest: Fraction) -> bool:
    if len(atoms) == 1 or (atoms[-1].end - atoms[0].start > longest and _width(atoms) >= _SHORT):
        return len(atoms) == 1
    first, filled = 1, atoms[0].columns
    while first < len(atoms) and filled + atoms[first].spaced + atoms[first].columns <= limit:
        filled += atoms[first].spaced + atoms[first].columns
        first += 1
    return first == len(atoms) or _is_line(atoms[first:], limit)


def _slant(atoms: Sequence[Atom], at: int) -> float:
    """Return by how many columns the lines differ; a longer one above counts for more."""
    longer = _width(atoms[:at]) - _width(atoms[at:])
    return 1.5 * longer if longer > 0 else -longer


def _parting(before: Atom, after: Atom) -> float:
    """Return how much it disturbs to part two atoms, from 0, at the end of a sentence."""
    if _SENTENCE_ENDS.search(before.text):
        return 0.0
    if _CLAUSE_ENDS.search(before.text):
        return 0.2
    if not after.opens:
        return 1.8
    if _CONJUNCTION.fullmatch(after.text):
        return 0.6
    return 1.6 if _LEANING.fullmatch(before.text) else 1.0
