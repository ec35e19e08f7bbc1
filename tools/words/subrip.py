"""Subtitles written as a SubRip file (`.srt`).

SubRip has no way to write a character as itself: players take `<b>` for bold, and a line such as `00:00:01,000 --> …`
begins a subtitle. A character that has no width (U+200B) is put into such a place. Players show the text as it is;
ffmpeg keeps the character, and `cues.read_cues` takes it off again.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from autocut_director.tools.words.subtitles import Subtitle

_GUARD = "\u200b"
_MARKUP = re.compile(r"<(?=[/\w])|\{(?=\\)|\\(?=[Nnh])|--(?=>)")
_NUMBERS = re.compile(r"[-+]?\d+(?::|\s*$)")  # a subtitle's number, or the beginning of its times
_NOT_TEXT = ("Cc", "Cs")  # of Unicode's categories: control characters, and halves of characters


def srt_text(shown: Sequence[Subtitle], rate: Fraction, *, lead_frames: int = 0) -> str:
    """Return subtitles, on a grid of `rate` frames a second, as a SubRip file.

    `lead_frames`: frames that stand before the edit in its film, such as a title card's.
    """
    blocks = [
        f"{number}\n{_clock(cue.start_frame + lead_frames, rate)} --> {_clock(cue.end_frame + lead_frames, rate)}\n"
        + "".join(f"{_guarded(line)}\n" for line in cue.lines)
        for number, cue in enumerate(shown, start=1)
    ]
    return "\n".join(blocks)


def _clock(frame: int, rate: Fraction) -> str:
    """Return the last millisecond that is not after the frame's time.

    A player shows a subtitle with the first picture that is not before its start: half a millisecond too late would be
    a frame too late, and up to one too early is none, as pictures lie further apart.
    """
    minutes, milliseconds = divmod(frame * 1000 // rate, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def _guarded(line: str) -> str:
    """Return a line of text that no reader takes for anything else."""
    text = "".join(mark for mark in line if unicodedata.category(mark) not in _NOT_TEXT)
    text = _MARKUP.sub(rf"\g<0>{_GUARD}", text)
    text = text if html.unescape(text) == text else text.replace("&", f"&{_GUARD}")
    return _GUARD + text if _NUMBERS.match(text) else text
