"""The parts of films that a CMX 3600 edit decision list uses.

An EDL names a film by its reel or, in comments, by its file, and has no rate in it: what can be known to be of another
rate is refused (numbers that the film's timecode does not have, a drop-frame flag, lengths that differ).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from autocut_director.errors import DocumentError
from autocut_director.tools.interchange.edl import RATES, reel_name
from autocut_director.tools.interchange.media_urls import file_name
from autocut_director.tools.interchange.source_clips import SourceClip
from autocut_director.tools.timeline import Media, frame_count, timecode
from autocut_director.tools.words.encodings import encoding_of

_TIMECODE = re.compile(r"\d\d[:;]\d\d[:;]\d\d[:;]\d\d")
_FILE = re.compile(r"\.\w{2,5}$")  # a name that ends so is a file's, not a clip's
_NAMES = ("FROM CLIP NAME", "TO CLIP NAME", "SOURCE FILE", "FROM FILE", "FROM CLIP")
_NO_FILM = {"BL", "BLACK", "BARS"}
_FIELDS = 8  # number, reel, channels, transition, four timecodes
_SPEED_NOISE = 0.05  # frames a second


@dataclass(frozen=True)
class _Event:
    """One line of an EDL and what the lines after it say. `times`: source in and out, record in and out."""

    number: str
    reel: str
    channels: str
    times: tuple[str, ...]
    drop_frame: bool
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def shows_pictures(self) -> bool:
        return ("V" in self.channels or self.channels == "B") and self.reel not in _NO_FILM


def edl_clips(path: Path, media: Media, rate: Fraction) -> Iterator[SourceClip]:
    """Give each event with pictures in `path`.

    Raises:
        DocumentError: No such file, a line that should be an event and is none, or a rate without timecode.
    """
    if rate not in RATES:
        raise DocumentError(f"{path} holds timecode, and there is none for the film's {rate} frames a second.")
    for _, group in groupby(_events(path), key=lambda event: id(event.comments)):
        lines = list(group)
        for event in lines:
            incoming = len(lines) > 1 and event is lines[-1]
            if event.shows_pictures and event.times[0] != event.times[1]:
                yield _source_clip(event, media, rate, incoming=incoming)


def _events(path: Path) -> Iterator[_Event]:
    """Give the events; the two lines of a transition share their comments."""
    drop_frame, number, comments = False, "", dict[str, str]()
    for place, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.split()
        if fields[:1] == ["FCM:"]:
            drop_frame = fields[1:2] == ["DROP"]
        elif fields and fields[0].isdigit():
            if fields[0] != number or comments:
                number, comments = fields[0], {}
            yield _event(fields, f"{path}, line {place}", comments, drop_frame=drop_frame)
        else:
            comments.update(_comment(line))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DocumentError(f"Cannot read {path}: {exc.strerror or exc}.") from exc
    return data.decode(encoding_of(data), "replace")


def _event(fields: list[str], where: str, comments: dict[str, str], *, drop_frame: bool) -> _Event:
    times = fields[-4:]
    head = fields[1:-4]
    if len(fields) < _FIELDS or not all(_TIMECODE.fullmatch(text) for text in times):
        raise DocumentError(
            f"{where}, is no event: it should be number, reel, channels, transition and four timecodes."
        )
    if head[-1].isdigit():  # how many frames the transition lasts
        head.pop()
    *reel, channels, _ = head
    return _Event(fields[0], " ".join(reel), channels, tuple(times), drop_frame, comments)


def _comment(line: str) -> dict[str, str]:
    text = line.strip()
    if text.startswith("M2 "):
        return {"M2": text}
    key, colon, value = text.lstrip("*").strip().partition(":")
    return {key.upper(): value.strip()} if colon and key.upper() in _NAMES else {}


def _source_clip(event: _Event, media: Media, rate: Fraction, *, incoming: bool) -> SourceClip:
    drop_frame = event.drop_frame or ";" in event.times[0]
    frames = [_count(text, rate, drop_frame=drop_frame) for text in event.times]
    day = _count("24:00:00:00", rate, drop_frame=drop_frame)
    start = frame_count(media.start_tc, rate)
    return SourceClip(
        name=_clip_name(event, incoming=incoming),
        media=_names(event, media, incoming=incoming),
        start=Fraction((frames[0] - start) % day),
        length=Fraction((frames[1] - frames[0]) % day),
        problem=_problem(event, media, rate, lengths=[(frames[n + 1] - frames[n]) % day for n in (0, 2)]),
    )


def _count(text: str, rate: Fraction, *, drop_frame: bool) -> int:
    return frame_count(_written(text, drop_frame=drop_frame), rate)


def _written(text: str, *, drop_frame: bool) -> str:
    plain = text.replace(";", ":")
    return f"{plain[:8]};{plain[9:]}" if drop_frame else plain


def _clip_name(event: _Event, *, incoming: bool) -> str:
    return event.comments.get("TO CLIP NAME" if incoming else "FROM CLIP NAME", "") or f"event {event.number}"


def _names(event: _Event, media: Media, *, incoming: bool) -> tuple[str, ...]:
    """Return the files that the comments name; where they name none, the clip's name and the reel."""
    keys = ("TO CLIP NAME",) if incoming else ("FROM CLIP NAME", "SOURCE FILE", "FROM FILE", "FROM CLIP")
    said = tuple(event.comments[key] for key in keys if event.comments.get(key))
    files = tuple(name for name in said if _FILE.search(name))
    film = file_name(media.primary_clip_path)
    reel = film if event.reel != "AX" and event.reel.upper() == reel_name(film) else event.reel
    return files or (*said, reel)


def _problem(event: _Event, media: Media, rate: Fraction, *, lengths: list[int]) -> str:
    drop_frame = event.drop_frame or ";" in event.times[0]
    for text in event.times:
        if not _exists(_written(text, drop_frame=drop_frame), rate):
            return f"it has the timecode {text}, and there is none such at the film's {rate} frames a second"
    film_drops = ";" in timecode(0, rate, start=media.start_tc)
    if drop_frame != film_drops and frame_count(media.start_tc, rate):
        return f"it counts {'drop-frame' if drop_frame else 'non-drop'}, the film starts at {media.start_tc}"
    if lengths[0] != lengths[1] or _is_retimed(event, rate):
        return f"it is retimed, or of another rate: {lengths[0]} frames of the film last {lengths[1]}"
    return ""


def _exists(text: str, rate: Fraction) -> bool:
    """Tell whether a clock at `rate` ever shows the timecode `text`: no frame 25 at 25, no number that is dropped."""
    again = timecode(frame_count(text, rate), rate, start=f"00:00:00{text[8]}00")
    return again == (f"00{text[2:]}" if text.startswith("24:00:00") else text)


def _is_retimed(event: _Event, rate: Fraction) -> bool:
    """Tell whether a motion effect plays the clip at another speed than the film's."""
    speeds = [float(word) for word in event.comments.get("M2", "").split()[1:] if re.fullmatch(r"-?\d+\.\d+", word)]
    return any(min(abs(speed - float(rate)), abs(speed - round(rate))) > _SPEED_NOISE for speed in speeds)
