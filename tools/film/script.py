"""A script of texts for libass, ffmpeg's engine for text: which text, where, how large, in which frames.

Format: Advanced SubStation Alpha v4+. libass shapes and orders every script (HarfBuzz, FriBidi) and looks in all fonts
of the machine for a letter that the named one has not.
"""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from autocut_director.tools.film.graph import SCRIPT_RATE
from autocut_director.tools.film.shapes import Size
from autocut_director.tools.words.cues import is_wide

Place = Literal["lower", "upper", "middle", "below"]
"""Where a text stands: in the lower or the upper part over a dark box; bare in the middle, or below that."""

_CHINESE = {"darwin": "PingFang SC", "win32": "Microsoft YaHei"}
_OTHER = {"darwin": "Helvetica Neue", "win32": "Segoe UI"}
_FORMAT = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
    "Encoding"
)
_WHITE, _BOX = "&H00FFFFFF", "&H59000000"  # alpha, blue, green, red; a box of 65 % black
_BOXED, _BARE = 4, 1  # border styles: one box around all lines; none
_ALIGNED = {"lower": 2, "upper": 8, "middle": 5, "below": 2}  # as the keys of a number pad lie
_BESIDE = {"left": 4, "middle": 5, "right": 6}
_UP = {"lower": 0.1, "upper": 0.1, "middle": 0.0, "below": 0.22}  # of the height, from the edge that it stands by
_UP_TALL = 0.18  # on a tall picture: telephones lay their own buttons over the lowest part
_NOT_DRAWN = ("Cc", "Cs")  # of Unicode's categories: control characters, and halves of characters
_HUNDREDTHS = 100  # of a second: what a script counts in
_PADDING = 0.3  # of the letters' size, around them in the box


@dataclass(frozen=True)
class Setting:
    """A text as it is set: its lines, the letters' size in pixels, its place, in frames [start, end) of the film."""

    lines: tuple[str, ...]
    points: float
    place: Place
    start_frame: int
    end_frame: int


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


Side = Literal["left", "middle", "right"]
"""Of a box, at which a line stands."""


@dataclass(frozen=True)
class Label:
    """One bare line of text, half-way up a box that nothing of it leaves; the letters' size in pixels."""

    text: str
    points: float
    box: Box
    bold: bool = False
    side: Side = "left"


def script(settings: Iterable[Setting], size: Size) -> str:
    """Return `settings` as a script for pictures of `size`."""
    settings = list(settings)
    styles = [_style(f"s{number}", each, size) for number, each in enumerate(settings)]
    return _whole(size, styles, [_event(f"s{number}", each) for number, each in enumerate(settings)])


def label_script(labels: Sequence[Label], size: Size) -> str:
    """Return `labels` as a script for one picture of `size`; all are of one font, so that they stand on one line."""
    asked = family([label.text for label in labels])
    styles = [_label_style(f"s{number}", each, asked) for number, each in enumerate(labels)]
    return _whole(size, styles, [_label_event(f"s{number}", each) for number, each in enumerate(labels)])


def _whole(size: Size, styles: Iterable[str], events: Iterable[str]) -> str:
    """Return a script of `styles` and `events`, which are lines of it, for pictures of `size`."""
    head = [
        "[Script Info]", "ScriptType: v4.00+", f"PlayResX: {size[0]}", f"PlayResY: {size[1]}", "WrapStyle: 2",
        "ScaledBorderAndShadow: yes", "", "[V4+ Styles]", f"Format: {_FORMAT}",
    ]  # fmt: skip
    form = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
    return "\n".join([*head, *styles, "", "[Events]", form, *events]) + "\n"


def _style(name: str, setting: Setting, size: Size) -> str:
    boxed = setting.place in {"lower", "upper"}
    up = _UP_TALL if setting.place == "lower" and size[1] > size[0] else _UP[setting.place]
    padding = f"{_PADDING * setting.points:.1f}" if boxed else "0"
    values = [
        name, family(setting.lines), f"{setting.points:.1f}", _WHITE, _WHITE, _BOX, _BOX,
        0 if setting.place == "below" else -1, 0, 0, 0, 100, 100, 0, 0, _BOXED if boxed else _BARE, 0, padding,
        _ALIGNED[setting.place], 0, 0, round(up * size[1]), -1,
    ]  # fmt: skip
    return "Style: " + ",".join(map(str, values))


def _label_style(name: str, label: Label, font: str) -> str:
    values = [
        name, font, f"{label.points:.1f}", _WHITE, _WHITE, _BOX, _BOX, -1 if label.bold else 0, 0, 0, 0, 100, 100, 0, 0,
        _BARE, 0, 0, _BESIDE[label.side], 0, 0, 0, -1,
    ]  # fmt: skip
    return "Style: " + ",".join(map(str, values))


def _label_event(style: str, label: Label) -> str:
    left, top, width, height = label.box
    at = {"left": left, "middle": left + width // 2, "right": left + width}[label.side]
    place = rf"{{\pos({at},{top + height / 2:.1f})\clip({left},{top},{left + width},{top + height})}}"
    return f"Dialogue: 0,{_clock(0)},{_clock(1)},{style},,0,0,0,,{place}{escaped(label.text)}"


def family(lines: Sequence[str]) -> str:
    """Return the font that is asked for; where it is missing, the system's own choice stands in."""
    if any(is_wide(character) for line in lines for character in line):
        return _CHINESE.get(sys.platform, "Noto Sans CJK SC")
    return _OTHER.get(sys.platform, "Noto Sans")


def _event(style: str, setting: Setting) -> str:
    text = r"\N".join(escaped(line) for line in setting.lines)
    return f"Dialogue: 0,{_clock(setting.start_frame)},{_clock(setting.end_frame)},{style},,0,0,0,,{text}"


def escaped(line: str) -> str:
    r"""Return a line so that nothing in it is a command: braces are escaped, a backslash is kept from what follows.

    Control characters are left out: the script ends at a NUL.
    """
    drawn = "".join(mark for mark in " ".join(line.split()) if unicodedata.category(mark) not in _NOT_DRAWN)
    return drawn.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")


def _clock(frame: int) -> str:
    """Return the instant between a frame and the one before it: ffmpeg tells libass the time a little early or late."""
    hundredths = max(0, (2 * frame - 1) * _HUNDREDTHS // (2 * SCRIPT_RATE))
    seconds, rest = divmod(hundredths, _HUNDREDTHS)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"
