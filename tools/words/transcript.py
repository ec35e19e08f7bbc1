"""What is said in a film, from a SubRip or WebVTT file, as sentences on the film's grid.

bytes → text (`encodings.encoding_of`) → cues (`cues.read_cues`) → sentences (`sentences_of`) → `Line`s

Times are rounded to the nearest frame, halves up, as everything on the grid is. What lies past the film's end is kept:
it belongs to no scene, and so it never matters.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from autocut_director.errors import DocumentError
from autocut_director.tools.timeline import Line, Word
from autocut_director.tools.words.cues import Cue, CueError, Spoken, joined, read_cues
from autocut_director.tools.words.encodings import encoding_of

_LARGEST_BYTES = 32 * 2**20  # a day of subtitles is 5 MB

_PAUSE = Fraction(1)  # seconds: a longer one ends a sentence, whatever the punctuation
_OVERLAP = Fraction(1, 4)  # seconds: cues that overlap by more are two people at once
_LONGEST = Fraction(20)  # seconds: no sentence lasts longer; the punctuation is missing
_FULL_STOPS = 1 / 8  # of cues that end in one: fewer, and the file does without

_CLOSING = r"[\"'”’」』）)\]》】]*"
_END = re.compile(rf"[.!?…。！？｡]{_CLOSING}\s*$")
_FULL_STOP = re.compile(rf"[.。｡]{_CLOSING}\s*$")
_GOES_ON = re.compile(r"[,;:，、；：—–-]\s*$")
_NEW_VOICE = re.compile(r"\s*(?:[-–—]|>>)")
_LATEST = 10**9 - 1  # frame numbers end there


def read_transcript(path: Path, rate: Fraction) -> tuple[Line, ...]:
    """Read what is said in a film from a SubRip or WebVTT file.

    Args:
        path: The file; what it is is told by its first line, not by its name.
        rate: The film's, in frames a second.

    Returns:
        One line a sentence where the file has punctuation, else one a cue; words where the file times them.

    Raises:
        DocumentError: No such file, too large, in no encoding that is understood, or a line in it is wrong: which.
    """
    text = _decoded(_bytes(path), path)
    try:
        return sentences_of(read_cues(text), rate)
    except CueError as exc:
        raise DocumentError(f"{path}, line {exc.line}: {exc}.") from exc


def sentences_of(cues: Sequence[Cue], rate: Fraction) -> tuple[Line, ...]:
    """Return cues (in the order in which they begin) as sentences on a grid of `rate` frames a second.

    A sentence that runs over several cues becomes one line, unless there is a long pause in it; a cue whose words are
    timed and that holds several sentences becomes several.
    """
    parts = [part for cue in cues for part in _parts(cue)]
    return tuple(_line(group, rate) for group in _groups(parts))


# ---------------------------------------------------------------- bytes to text


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DocumentError(
                f"{path} has {path.stat().st_size / 2**20:.0f} MiB; a transcript is a text of a few MiB."
            )
        return path.read_bytes()
    except OSError as exc:
        raise DocumentError(f"Cannot read {path}: {exc.strerror or exc}.") from exc


def _decoded(data: bytes, path: Path) -> str:
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise DocumentError(f"{path}, line {line}: broken {encoding} text; save it again as UTF-8.") from exc
    if "\x00" in text:
        raise DocumentError(f"{path} is no text; a SubRip (.srt) or WebVTT (.vtt) file is wanted.")
    return text.removeprefix("\ufeff")


# ---------------------------------------------------------------- cues to sentences


def _parts(cue: Cue) -> Iterator[Cue]:
    """Yield a cue's sentences, where its words tell when each begins."""
    words: list[Spoken] = []
    for word in cue.words:
        words.append(word)
        if _END.search(word.text):
            yield _of_words(words, cue)
            words = []
    if words:
        yield _of_words(words, cue)
    if not cue.words:
        yield cue


def _of_words(words: Sequence[Spoken], cue: Cue) -> Cue:
    text = " ".join("".join(word.text for word in words).split())
    return Cue(text, words[0].start, words[-1].end, cue.speaker, tuple(words))


def _groups(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    punctuated = sum(_FULL_STOP.search(cue.text) is not None for cue in cues) >= _FULL_STOPS * len(cues)
    group = list(cues[:1])
    for before, cue in pairwise(cues):
        if cue.end - group[0].start <= _LONGEST and _one_sentence(before, cue, punctuated=punctuated):
            group.append(cue)
        else:
            yield group
            group = [cue]
    if group:
        yield group


def _one_sentence(before: Cue, cue: Cue, *, punctuated: bool) -> bool:
    """Tell whether `cue` goes on with the sentence of the cue before it."""
    pause = cue.start - before.end
    if not -_OVERLAP <= pause <= _PAUSE or cue.speaker != before.speaker or _NEW_VOICE.match(cue.text):
        return False
    if _END.search(before.text):
        return False
    return punctuated or _GOES_ON.search(before.text) is not None or cue.text[:1].islower()


def _line(cues: Sequence[Cue], rate: Fraction) -> Line:
    words = tuple(_word(word, rate) for cue in cues for word in cue.words)
    start, end = _span(cues[0].start, max(cue.end for cue in cues), rate)
    return Line(text=joined(cue.text for cue in cues), start_frame=start, end_frame=end, words=words)


def _word(word: Spoken, rate: Fraction) -> Word:
    start, end = _span(word.start, word.end, rate)
    return Word(text=word.text.strip(), start_frame=start, end_frame=end)


def _span(start: Fraction, end: Fraction, rate: Fraction) -> tuple[int, int]:
    """Return the frames nearest to two times; at least one frame lies between them."""
    first = min(_nearest(start * rate), _LATEST)
    return first, min(max(first + 1, _nearest(end * rate)), _LATEST + 1)


def _nearest(frames: Fraction) -> int:
    return (2 * frames.numerator + frames.denominator) // (2 * frames.denominator)
