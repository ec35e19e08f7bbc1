"""SubRip and WebVTT as cues: what stands between two times, without its styling. Text in, values out; no file.

What files in the wild do is understood where it has one meaning: numbers that are missing, blank lines inside a cue,
`.` or `,` before the thousandths, hours left out, cues that overlap or are out of order, lines that a rolling caption
shows again. What has none is refused with its line's number: a time that is none, a cue that ends before it begins,
text that belongs to no cue.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

_NEW_LINE = re.compile(r"\r*\n|\r")
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_STAMP = re.compile(rf"<{_TIME}>")
_STARTS_WITH_TIME = re.compile(r"\s*[-+]?\d+:\d+")
_ENDS_WITH_TIME = re.compile(r".*-->\s*[-+]?\d+:\d+")
_TWO_TIMES = re.compile(r"\s*[-+]?\d+:\d+:\d+[.,]\d+\s*\D{1,5}?\s*\d+:\d+:\d+[.,]\d+\s*")
_LAST_SECONDS = 360_000  # 100 hours: as long as an edit may be
_SIXTY = 60
_EXAMPLE = "00:00:01,000 --> 00:00:02,500"

_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_NOTE = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_NUMBER = re.compile(r"\d{1,9}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>", re.IGNORECASE)
_RUBY = re.compile(r"<rt[^<>]*>[^<]*</rt>", re.IGNORECASE)  # how a word is read, not what is said
_TAG = re.compile(r"</?(?:[biuscv]|lang|ruby|rt|font|span)(?:[.\s][^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_BREAK = re.compile(r"\\[Nnh]|<br\s*/?>", re.IGNORECASE)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SOUND = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")  # [door slams]: heard, not said
_ROLLED_SECONDS = Fraction(1, 10)  # a rolling caption shows its old line alone for about a hundredth of a second


class CueError(ValueError):
    """A line that is no part of a cue. `line`: its number in the file, from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True)
class Spoken:
    """One word: seconds [start, end). A word that begins a new one in the text begins with its space."""

    text: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class Cue:
    """Text between two times: seconds [start, end). `words`: where each has a time of its own."""

    text: str
    start: Fraction
    end: Fraction
    speaker: str = ""
    words: tuple[Spoken, ...] = ()


def read_cues(text: str) -> tuple[Cue, ...]:
    """Return the cues of a SubRip or WebVTT file (the first line tells which), in the order in which they begin.

    Raises:
        CueError: A line that is no part of a cue, or a file without any.
    """
    lines = _NEW_LINE.split(text)
    webvtt = _HEADER.fullmatch(lines[0]) is not None
    blocks = list(_blocks(_without_notes(lines) if webvtt else lines, webvtt=webvtt))
    if not blocks and not webvtt:
        raise CueError(1, f"no cue is there; a cue is a time line such as {_EXAMPLE} with text below")
    cues: list[Cue] = []
    shown = ""
    for block in blocks:
        cue, shown = _cue(block, shown)
        cues += [cue] if cue.text else []
    return tuple(sorted(cues, key=lambda cue: cue.start))


# ---------------------------------------------------------------- lines


@dataclass(frozen=True)
class _Block:
    """A time line's number in the file, its times in seconds, and the lines of text below it."""

    line: int
    start: Fraction
    end: Fraction
    text: tuple[str, ...]


def _without_notes(lines: Sequence[str]) -> list[str]:
    """Blank what a WebVTT file says to programs, not to viewers: its header, notes, styles and regions."""
    kept, heading, noting = [], True, False
    for number, line in enumerate(lines):
        blank = not line.strip()
        heading = heading and not blank and "-->" not in line
        begins = number > 0 and not lines[number - 1].strip() and _NOTE.fullmatch(line) is not None
        noting = not blank and (noting or begins)
        kept.append("" if heading or noting else line)
    return kept


def _blocks(lines: Sequence[str], *, webvtt: bool) -> Iterator[_Block]:
    at = [index for index, line in enumerate(lines) if _is_time_line(line, index + 1)]
    begins = [*_beginnings(lines, at, webvtt=webvtt), len(lines)]
    stray = next((index for index in range(begins[0]) if lines[index].strip()), None)
    if stray is not None:
        raise CueError(
            stray + 1,
            f"{_quoted(lines[stray])} belongs to no cue; a cue begins with a time line such as {_EXAMPLE}",
        )
    for index, following in zip(at, begins[1:], strict=True):
        start, end = _times(lines[index], index + 1)
        yield _Block(index + 1, start, end, tuple(lines[index + 1 : following]))


def _beginnings(lines: Sequence[str], at: Sequence[int], *, webvtt: bool) -> Iterator[int]:
    """Yield where each cue begins: at its number (or WebVTT's name) above its time line, or at the time line."""
    number = 1
    for index in at:
        label = lines[index - 1].strip() if index else ""
        alone = index == 1 or not lines[index - 2].strip()
        is_number = _NUMBER.fullmatch(label) is not None
        labelled = bool(label) and ((alone and (webvtt or is_number)) or label == str(number))
        number = (int(label) if labelled and is_number else number) + 1
        yield index - 1 if labelled else index


def _is_time_line(line: str, number: int) -> bool:
    """Tell whether `line` is a time line.

    Raises:
        CueError: It was meant to be one, and is none.
    """
    if "-->" not in line and _TWO_TIMES.fullmatch(line) is None:
        return False
    if _TIMES.fullmatch(line):
        return True
    if _STARTS_WITH_TIME.match(line) or _ENDS_WITH_TIME.match(line):
        raise CueError(number, f"{_quoted(line)} is no time line; write {_EXAMPLE}")
    return False


def _times(line: str, number: int) -> tuple[Fraction, Fraction]:
    match = _TIMES.fullmatch(line)
    groups = match.groups() if match else ()
    start, end = _seconds(groups[:4], number), _seconds(groups[4:8], number)
    if end < start:
        raise CueError(number, f"the cue ends before it begins: {_quoted(line)}; the earlier time comes first")
    return start, end


def _seconds(groups: Sequence[str | None], number: int) -> Fraction:
    hours, minutes, seconds = (int(group or 0) for group in groups[:3])
    if minutes >= _SIXTY or seconds >= _SIXTY:
        raise CueError(number, f"{minutes:02}:{seconds:02} is no time; minutes and seconds run from 00 to 59")
    total = hours * 3600 + minutes * 60 + seconds + Fraction(int(groups[3] or 0), 10 ** len(groups[3] or ""))
    if total > _LAST_SECONDS:
        raise CueError(number, f"{hours} hours are longer than any film; times run to 100:00:00")
    return total


# ---------------------------------------------------------------- text


def _cue(block: _Block, shown: str) -> tuple[Cue, str]:
    """Return the cue of a block without the line `shown` by the block before, and the last line that it shows."""
    rows = [(row, plain) for row in block.text if (plain := _plain(row))]
    if rows and rows[0][1] == shown and (len(rows) > 1 or block.end - block.start < _ROLLED_SECONDS):
        return _cue_of(block, rows[1:]), rows[-1][1]
    return _cue_of(block, rows), rows[-1][1] if rows else ""


def _cue_of(block: _Block, rows: Sequence[tuple[str, str]]) -> Cue:
    voices = _VOICE.findall(" ".join(row for row, _ in rows))
    text = joined(plain for _, plain in rows)
    text = text if any(map(str.isalnum, _SOUND.sub("", text))) else ""
    words = _words(block, "\n".join(row for row, _ in rows)) if text else ()
    return Cue(text, block.start, block.end, speaker=_plain(voices[0]) if voices else "", words=words)


def _plain(text: str) -> str:
    """Return `text` without tags and what cannot be seen, on one line."""
    return " ".join(_untagged(text).split())


def _untagged(text: str) -> str:
    text = _TAG.sub("", _STAMP.sub("", _BREAK.sub(" ", _RUBY.sub("", text))))
    return _UNPRINTABLE.sub("", html.unescape(text))


def _words(block: _Block, text: str) -> tuple[Spoken, ...]:
    """Return the words that WebVTT's stamps time: each lasts from its stamp to the next."""
    stamps = list(_STAMP.finditer(text))
    if not stamps:
        return ()
    starts = [block.start, *(_seconds(stamp.groups(), block.line) for stamp in stamps)]
    if sorted([*starts, block.end]) != [*starts, block.end]:
        raise CueError(block.line, "the times of the cue's words do not rise from its first time to its second")
    cuts = [0, *(stamp.start() for stamp in stamps), len(text)]
    parts = [_untagged(text[cuts[n] : cuts[n + 1]]) for n in range(len(starts))]
    spans = zip(parts, starts, [*starts[1:], block.end], strict=True)
    return tuple(Spoken(part, start, end) for part, start, end in spans if part.strip())


_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")


def is_wide(character: str) -> bool:
    """Tell whether `character` is a Chinese or Japanese one, or its punctuation: nothing parts it from its like."""
    return _WIDE.match(character) is not None


def joined(texts: Iterable[str]) -> str:
    """Return `texts` one behind the other: without a space between two Chinese (or Japanese) characters."""
    parts: list[str] = []
    for text in filter(None, texts):
        together = not parts or (is_wide(parts[-1][-1]) and is_wide(text[0]))
        parts += [text] if together else [" ", text]
    return "".join(parts)


def _quoted(line: str) -> str:
    text = _UNPRINTABLE.sub("", line).strip()
    return repr(text if len(text) <= _SIXTY else f"{text[:_SIXTY]}…")
