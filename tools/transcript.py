"""What is said in a film, from an SRT or WebVTT file: lines on the film's grid, sentences joined where they are cut.

Encodings: UTF-8 and UTF-16 by their marks, else strict UTF-8, else GB18030 where most bytes beyond ASCII stand in pairs
as Chinese does, else Windows-1252. A file's times count from the film's first frame.

A subtitle often ends in the middle of a sentence. Where a file is punctuated, its subtitles are joined up to the end of
each sentence, over gaps of at most 0.6 s; a file without punctuation, as Chinese ones mostly are, is left as it is.
"""

import html
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from autocut_director.errors import DocumentError
from autocut_director.tools.timeline import Line, Word

_LARGEST = 16 << 20  # bytes: a day of speech takes about two million
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_SPAN = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_STAMP = re.compile(rf"<{_TIME}>")
_TAG = re.compile(r"</?[A-Za-z][^>]*>|\{\\[^}]*\}")
_NO_CUE = ("NOTE", "STYLE", "REGION")  # blocks of WebVTT that say nothing
_SENTENCE_END = re.compile(r"[.!?…。!?]['\"”’』」))\]]*$")
_GAP_S, _LONGEST_S = 0.6, 20.0  # joined over at most this pause, and up to this length
_PUNCTUATED = 0.3  # share of subtitles that end a sentence in a file that is punctuated
_PAIRED = 0.7  # share of bytes beyond ASCII that stand beside another such one, in Chinese


@dataclass(frozen=True)
class _Cue:
    """One subtitle. Times in seconds; `stamps` are the times at which its later parts begin."""

    line: int
    start: Fraction
    end: Fraction
    text: str


def read_transcript(path: Path, rate: Fraction) -> tuple[Line, ...]:
    """Read what is said, in the film's order, on a grid of `rate` frames a second.

    Raises:
        DocumentError: The file cannot be read, is no SRT or WebVTT file, or has a time that cannot be, whose line is
            named.
    """
    text = _decoded(_content(path)).replace("\r\n", "\n").replace("\r", "\n")
    cues = sorted(_cues(path, text), key=lambda cue: (cue.start, cue.line))
    if not cues:
        raise DocumentError(f"{path} holds no subtitle; it must have lines such as 00:00:01,000 --> 00:00:02,500.")
    spoken = [_spoken(cue, rate) for cue in cues]
    return tuple(_joined([line for line in spoken if line.text], rate))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as exc:
        raise DocumentError(f"Cannot read the transcript {path}: {exc.strerror or exc}.") from exc
    if len(content) > _LARGEST:
        raise DocumentError(
            f"{path} is larger than {_LARGEST >> 20} MiB, which no transcript is; name an SRT or VTT file."
        )
    return content


def _decoded(content: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    for encoding in ("utf-8", *(("gb18030",) if _looks_chinese(content) else ())):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def _looks_chinese(content: bytes) -> bool:
    high = [place for place, byte in enumerate(content) if byte > 0x80]  # noqa: PLR2004  # beyond ASCII
    known = set(high)
    paired = sum(place + 1 in known or place - 1 in known for place in high)
    return bool(high) and paired >= _PAIRED * len(high)


# ---------------------------------------------------------------- subtitles


def _cues(path: Path, text: str) -> Iterator[_Cue]:
    """Yield each subtitle: a line of times, and the text up to the next one. Blank lines in between do not end it."""
    lines = _without_comments(text) if text.lstrip().startswith("WEBVTT") else text.split("\n")
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    for place, number in enumerate(starts):
        after = starts[place + 1] if place + 1 < len(starts) else len(lines)
        start, end = _times(path, number, lines[number])
        yield _Cue(
            number + 1, start, end, "\n".join(_without_number(lines[number + 1 : after], last=after == len(lines)))
        )


def _without_comments(text: str) -> list[str]:
    """Return the lines of a WebVTT file with the blocks that say nothing left blank, so that line numbers stay."""
    lines, silent = text.split("\n"), False
    for number, line in enumerate(lines):
        previous = lines[number - 1].strip() if number else ""
        silent = bool(line.strip()) and (silent or (not previous and line.startswith(_NO_CUE)))
        lines[number] = "" if silent else line
    return lines


def _without_number(lines: Sequence[str], *, last: bool) -> list[str]:
    """Leave out the next subtitle's number, or its name in WebVTT: the line before its times, after a blank one."""
    kept = list(lines)
    if not last and kept and kept[-1].strip():
        named = len(kept) == 1 or not kept[-2].strip() or kept[-1].strip().isdigit()
        kept = kept[:-1] if named else kept
    return [line for line in kept if line.strip()]


def _times(path: Path, number: int, line: str) -> tuple[Fraction, Fraction]:
    match = _SPAN.fullmatch(line)
    if match is None:
        raise DocumentError(
            f"{path}, line {number + 1}: {line.strip()[:60]!r} is no pair of times; write 00:00:01,000 --> "
            "00:00:02,500."
        )
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if end < start:
        raise DocumentError(f"{path}, line {number + 1}: {line.strip()[:60]!r} ends before it begins.")
    return start, end


def _seconds(parts: Sequence[str | None]) -> Fraction:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + Fraction(int(fraction or 0), 10 ** len(fraction or "0"))


# ---------------------------------------------------------------- lines


def _spoken(cue: _Cue, rate: Fraction) -> Line:
    """Return a subtitle as a line on the grid, with words where WebVTT says when they begin."""
    parts = _STAMP.split(cue.text)
    texts = [_plain(part) for part in parts[::5]]
    begins = [cue.start, *(_seconds(parts[place : place + 4]) for place in range(1, len(parts), 5)), cue.end]
    words = [
        Word(text=text, start_frame=_first(begin, rate), end_frame=_end(begin, after, rate))
        for text, (begin, after) in zip(texts, pairwise(begins), strict=True)
        if text and begin <= after
    ]
    span = {"start_frame": _first(cue.start, rate), "end_frame": _end(cue.start, cue.end, rate)}
    whole = _plain(_STAMP.sub(" ", cue.text)) if len(texts) > 1 else texts[0]
    return Line(text=whole, words=tuple(words) if len(words) > 1 else (), **span)


def _plain(text: str) -> str:
    """Return what is said: no tags, entities as they read, on one line."""
    return " ".join(html.unescape(_TAG.sub("", text)).replace("\\N", " ").split())


def _first(seconds: Fraction, rate: Fraction) -> int:
    return math.floor(seconds * rate)


def _end(start: Fraction, end: Fraction, rate: Fraction) -> int:
    return max(math.ceil(end * rate), _first(start, rate) + 1)


def _joined(lines: Sequence[Line], rate: Fraction) -> Iterator[Line]:
    """Join lines that end within a sentence with the next, where the file is punctuated."""
    ends = [bool(_SENTENCE_END.search(line.text)) for line in lines]
    if sum(ends) < _PUNCTUATED * len(lines):
        yield from lines
        return
    held: Line | None = None
    for line in lines:
        if held is not None and _belong_together(held, line, rate):
            held = _both(held, line)
        else:
            yield from () if held is None else (held,)
            held = line
    yield from () if held is None else (held,)


def _belong_together(first: Line, then: Line, rate: Fraction) -> bool:
    if _SENTENCE_END.search(first.text):
        return False
    pause, length = then.start_frame - first.end_frame, then.end_frame - first.start_frame
    return pause + 1 >= 0 and pause <= _GAP_S * rate and length <= _LONGEST_S * rate


def _both(first: Line, then: Line) -> Line:
    spaced = first.text[-1:].isascii() or then.text[:1].isascii()
    words = (*(first.words or (_as_word(first),)), *(then.words or (_as_word(then),)))
    return Line(
        text=f"{first.text}{' ' if spaced else ''}{then.text}",
        start_frame=first.start_frame,
        end_frame=max(first.end_frame, then.end_frame),
        words=words if first.words or then.words else (),
    )


def _as_word(line: Line) -> Word:
    return Word(text=line.text, start_frame=line.start_frame, end_frame=line.end_frame)
