"""What is said, written as a WebVTT file that `transcript.read_transcript` reads back: words keep when they begin."""

import html
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from autocut_director.tools.timeline import Line
from autocut_director.tools.words.cues import joined


def vtt_text(lines: Sequence[Line], rate: Fraction) -> str:
    """Return `lines`, on a grid of `rate` frames a second, as a WebVTT file."""
    spans = [f"{_clock(line.start_frame, rate)} --> {_clock(line.end_frame, rate)}" for line in lines]
    blocks = [f"{span}\n{_marked(line, rate)}" for span, line in zip(spans, lines, strict=True)]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def _marked(line: Line, rate: Fraction) -> str:
    if not line.words:
        return _escaped(line.text)
    text, latest = _escaped(line.words[0].text), line.start_frame
    for before, word in pairwise(line.words):
        gap = " " if " " in joined([before.text[-1:], word.text[:1]]) else ""
        latest = max(latest, word.start_frame)  # of cues that overlap, words may begin before those before them
        text += f"{gap}<{_clock(latest, rate)}>{_escaped(word.text)}"
    return text


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _clock(frame: int, rate: Fraction) -> str:
    """Return when a frame is shown, to the nearest millisecond: on a coarser grid the same frame is read back."""
    milliseconds = round(frame / rate * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
