"""What a video is: its grid, its size as shown, its sound. Reads every packet, decodes one picture.

Packets are read to the end because headers lie: they say what was meant to be in the file, not what is.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt

from autocut_director.errors import DocumentError, VideoError
from autocut_director.interrupts import stop_if_asked
from autocut_director.tools.timeline import ExactFraction, Media, Rate, Record, frame_count, nearest_standard

_NOT_FILMS = {"tty", "image2", "gif", "apng"}
_RAW_STREAMS = {"h264", "hevc", "mpegvideo", "m4v", "obu"}
_DISTINCT_SHARE = 0.9  # of pictures that must have a time of their own; a few may share one in a damaged file
NO_STAMP = -(2**62)
"""Stands for a time stamp that is not there."""
_OPENING = 32  # pictures looked at before anything is said of a film; more than any codec reorders
_REORDERED = 16  # frames that a stream may decode before it shows them, H.264's and H.265's most
_MISSING_SHARE = 0.02  # less than this share of the declared length missing is how containers round


Stamps = Literal["pts", "dts"]
"""Which time stamps place a film's pictures: those of presentation, or, where a container (AVI) stores none that are
right, those of decoding."""


class Footage(Record):
    """A video that can be cut: what it is, and how its own clock maps to the grid.

    `origin` is the presentation time of the first picture in units of `time_base` seconds; the picture with time
    stamp t is shown from grid frame round((t - origin) * time_base * rate) on, for at most `longest_hold` frames.
    Seeking `seek_margin` frames before a picture lands before it.
    """

    path: Path
    digest: str
    rate: Rate
    variable_rate: bool
    duration_frames: PositiveInt
    picture_count: PositiveInt
    declared_frames: PositiveInt
    width: PositiveInt
    height: PositiveInt
    rotation: int
    has_audio: bool
    start_tc: str
    video_stream: NonNegativeInt
    audio_stream: NonNegativeInt | None
    stamps: Stamps
    origin: int
    time_base: ExactFraction
    longest_hold: PositiveInt
    seek_margin: NonNegativeInt

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return float(self.duration_frames / self.rate)

    def ticks_of(self, index: int) -> int:
        """Return the time stamp of grid frame `index`."""
        return self.origin + int(index / self.rate / self.time_base)

    @property
    def grid(self) -> tuple[str, int, str]:
        """What numbers the film's pictures: by it, frame numbers of one probe are those of another."""
        return str(self.rate), self.origin, self.stamps

    @property
    def missing_frames(self) -> int:
        """Frames that the file's header promises and the file does not hold."""
        return max(0, self.declared_frames - self.duration_frames)

    @property
    def media(self) -> Media:
        """The film as scenes and plans name it."""
        return Media(
            primary_clip_path=str(self.path),
            duration_frames=self.duration_frames,
            width=self.width,
            height=self.height,
            has_audio=self.has_audio,
            start_tc=self.start_tc,
            digest=self.digest,
        )


@dataclass(frozen=True)
class _Opening:
    """The first picture, and whether the first ones, as they are decoded, have presentation times that rise."""

    picture: VideoFrame
    stamps: Stamps


@dataclass(frozen=True)
class _Scan:
    """All packets of the film: time stamps of pictures and of keyframes, in order; where sound and pictures end."""

    ticks: NDArray[np.int64]
    keys: NDArray[np.int64]
    last_ticks: int
    pictures: int
    end_seconds: float


def probe_video(path: Path | str, *, digest: str | None = None) -> Footage:
    """Find out what the video at `path` is. `digest`: the file's, where it was taken already.

    Raises:
        VideoError: No such file, a folder, unreadable, no video, no sound-and-picture file, nothing that decodes.
    """
    path = readable(Path(path))
    with open_video(path) as container:
        stream = film_stream(container, path)
        opening = _opening(container, stream, path)
    with open_video(path) as container:
        return _measured(path, container, film_stream(container, path), opening, digest or digest_of(path))


def open_video(path: Path) -> InputContainer:
    """Open a video for reading.

    Raises:
        VideoError: It cannot be opened.
    """
    try:
        container = av.open(str(path.absolute()), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as exc:
        raise VideoError(f"{path} is no video that can be read ({exc.strerror}).") from exc
    if container.format.name in _RAW_STREAMS:
        container.close()
        raise VideoError(
            f"{path} is a raw stream without time stamps; put it into a container: "
            f"ffmpeg -i {path.name} -c copy film.mp4"
        )
    if container.format.name in _NOT_FILMS or container.format.name.endswith("_pipe"):
        container.close()
        raise VideoError(f"{path} is no video ({container.format.long_name}); a film is wanted.")
    return container


def film_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the film's pictures: what FFmpeg holds for the main video stream, never a cover picture."""
    films = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    best = container.streams.best("video")
    for stream in [s for s in films if best is not None and s.index == best.index] or films:
        stream.thread_type = "AUTO"
        return stream
    sound = "only sound" if container.streams.audio else "no pictures"
    raise VideoError(f"{path} holds {sound}; a video is wanted.")


def sound_stream(container: InputContainer) -> AudioStream | None:
    """Return the film's sound: the track that is marked as the default one, else the first; None for a silent film."""
    tracks = container.streams.audio
    marked = (track for track in tracks if track.disposition & av.stream.Disposition.default)
    return next(marked, tracks[0] if tracks else None)


def readable(path: Path) -> Path:
    """Return the absolute path of a file that can be read, whatever is in it.

    Raises:
        VideoError: No such file, a folder, empty, or unreadable.
    """
    try:
        os.fsencode(path).decode()
        if path.is_dir():
            raise VideoError(f"{path} is a folder; name one video file.")
        if not path.exists():
            raise VideoError(f"There is no file {path}.")
        if path.stat().st_size == 0:
            raise VideoError(f"{path} is empty (0 bytes).")
    except UnicodeDecodeError as exc:
        raise VideoError(f"The name {os.fsencode(path)!r} is not UTF-8; rename the file.") from exc
    except OSError as exc:
        raise VideoError(f"{str(path)[:60]} cannot be read: {exc.strerror}.") from exc
    if not os.access(path, os.R_OK):
        raise VideoError(f"{path} cannot be read: permission denied.")
    return path.absolute()


def _opening(container: InputContainer, stream: VideoStream, path: Path) -> _Opening:
    pictures = decoded(container, stream)
    first = next(pictures, None)
    if first is None:
        raise VideoError(f"{path}: nothing in it decodes ({stream.codec_context.name}).")
    times = [first.pts, *(picture.pts for picture in islice(pictures, _OPENING))]
    rising = all(a is not None and b is not None and a < b for a, b in pairwise([NO_STAMP, *times]))
    return _Opening(first, "pts" if rising else "dts")


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decode every picture of `stream` that can be decoded, from where the container stands."""
    for packet in packets(container, stream):
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue  # a damaged packet; who needs to know compares the count of pictures with the count of packets


def packets(container: InputContainer, *streams: Any) -> "Iterator[av.Packet[Any]]":
    """Read packets until the file ends, or until it cannot be read on: a file cut short ends there."""
    stream_packets = container.demux(*streams)
    while True:
        stop_if_asked()
        try:
            yield next(stream_packets)
        except (StopIteration, av.error.FFmpegError):
            return


def grid_frame(ticks: Any, origin: int, time_base: Fraction, rate: Fraction) -> Any:
    """Return the grid frame from which on the picture stamped `ticks` is shown; an integer or an array of them.

    Rounds to the nearest frame, halves up, in integers: what ffmpeg's `fps` filter does by default.
    """
    numerator = time_base.numerator * rate.numerator
    denominator = time_base.denominator * rate.denominator
    return (2 * (ticks - origin) * numerator + denominator) // (2 * denominator)


def _measured(path: Path, container: InputContainer, stream: VideoStream, opening: "_Opening", digest: str) -> Footage:
    picture, stamps = opening.picture, opening.stamps
    scan = _scan(container, stream, path, stamps)
    time_base = Fraction(stream.time_base or Fraction(1, 1000))
    rate, variable = _rate(stream, scan.ticks, time_base)
    shown = grid_frame(scan.ticks, int(scan.ticks[0]), time_base, rate)
    hold = max(1, int(grid_frame(scan.last_ticks, 0, time_base, rate))) if variable else 1
    duration = int(shown[-1]) + hold
    width, height = _shown_size(stream, picture)
    sound = sound_stream(container)
    return Footage(
        path=path,
        digest=digest,
        rate=rate,
        variable_rate=variable,
        duration_frames=duration,
        picture_count=scan.pictures,
        declared_frames=max(duration, _declared_frames(container, stream, scan, rate)),
        width=width,
        height=height,
        rotation=_rotation(picture),
        has_audio=sound is not None,
        start_tc=_start_timecode(container, rate),
        video_stream=stream.index,
        audio_stream=None if sound is None else sound.index,
        stamps=stamps,
        origin=int(scan.ticks[0]) if stamps == "pts" else stamp_of(picture, stamps),
        time_base=time_base,
        longest_hold=max(hold, int(np.diff(shown).max(initial=1))),
        seek_margin=_seek_margin(container, stream, scan, rate, stamps),
    )


def _scan(container: InputContainer, stream: VideoStream, path: Path, stamps: Stamps) -> _Scan:
    ticks: dict[int, int] = {}
    keys: set[int] = set()
    pictures, end = 0, 0.0
    sound = sound_stream(container)
    for packet in packets(container, stream, *([] if sound is None else [sound])):
        stamp = packet.pts if stamps == "pts" and packet.pts is not None else packet.dts
        if stamp is None or packet.is_discard:
            continue
        end = max(end, float((stamp + (packet.duration or 0)) * (packet.time_base or 0)))
        if packet.stream is stream or packet.stream_index == stream.index:
            pictures += bool(packet.size)  # Theora repeats a picture by an empty packet
            ticks[stamp] = packet.duration or 0
            keys |= {stamp} if packet.is_keyframe else set()
    if not ticks:
        raise VideoError(
            f"{path} holds no pictures with time stamps; put it into a container: ffmpeg -i IN -c copy OUT.mp4"
        )
    if len(ticks) < pictures * _DISTINCT_SHARE:
        raise VideoError(
            f"{path} starts its clock again midway ({pictures} pictures, {len(ticks)} times), as joined files do; "
            f"give it one clock: ffmpeg -i {path.name} -c copy joined.mp4"
        )
    ordered = np.array(sorted(ticks), dtype=np.int64)
    return _Scan(ordered, np.array(sorted(keys), dtype=np.int64), ticks[int(ordered[-1])], pictures, end)


def _rate(stream: VideoStream, ticks: NDArray[np.int64], time_base: Fraction) -> tuple[Fraction, bool]:
    """Return the grid's rate, and whether the film's own rate varies.

    Constant: some rate that the container names puts the pictures on consecutive frames (a hundredth may be missing).
    Variable: the average, rounded to the nearest standard rate.
    """
    named = [stream.base_rate, stream.guessed_rate, stream.average_rate]
    for rate in (_standardised(Fraction(rate)) for rate in named if rate):
        steps = np.diff(grid_frame(ticks, int(ticks[0]), time_base, rate))
        if (steps >= 1).all() and (steps - 1).sum() <= len(ticks) / 100:
            return rate, False
    if len(ticks) == 1:
        return Fraction(25), False
    average = (len(ticks) - 1) / (int(ticks[-1] - ticks[0]) * time_base)
    return nearest_standard(average), True


def _seek_margin(container: InputContainer, stream: VideoStream, scan: _Scan, rate: Fraction, stamps: Stamps) -> int:
    """Return how many frames too early one must seek: 0, or a keyframe's distance where the container has no index.

    MPEG program and transport streams land on the keyframe after the one asked for. Tried here, in the widest gap.
    """
    bounds = np.unique([scan.ticks[0], *scan.keys, scan.ticks[-1]])
    if len(bounds) == 1 or stream.time_base is None:  # a film of one picture
        return 0
    gaps = np.diff(bounds)
    target = int(bounds[gaps.argmax()] + gaps.max() // 2)
    landed = next(decoded_from(container, stream, target), None)
    late = landed is None or stamp_of(landed, stamps) > target
    return int(gaps.max() * stream.time_base * rate) + _REORDERED if late else 0


def decoded_from(container: InputContainer, stream: VideoStream, ticks: int) -> Iterator[VideoFrame]:
    """Seek to the keyframe before `ticks` and decode on from there; nothing where the container cannot seek."""
    try:
        container.seek(ticks, stream=stream)
    except (av.error.FFmpegError, OSError):  # a damaged index: as if it had landed nowhere
        return
    yield from decoded(container, stream)


def stamp_of(picture: VideoFrame, stamps: Stamps) -> int:
    """Return a picture's time stamp, `NO_STAMP` where it has none: the last pictures of a decoder have no `dts`."""
    stamp = picture.pts if stamps == "pts" else picture.dts
    return NO_STAMP if stamp is None else stamp


def _standardised(rate: Fraction) -> Fraction:
    """Return the standard rate that a container's rounded clock meant, or `rate` itself."""
    standard = nearest_standard(rate)
    return standard if abs(rate / standard - 1) < Fraction(1, 5000) else rate


def _declared_frames(container: InputContainer, stream: VideoStream, scan: _Scan, rate: Fraction) -> int:
    """Return the film's length in frames as the file's header says it, 0 where it says nothing."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
        end = float((scan.ticks[-1] - (stream.start_time or 0)) * stream.time_base)
    else:
        seconds = (container.duration or 0) / av.time_base
        end = scan.end_seconds - (container.start_time or 0) / av.time_base
    return round(seconds * rate) if end < seconds * (1 - _MISSING_SHARE) else 0


def _rotation(picture: VideoFrame) -> int:
    """Degrees counter-clockwise by which the decoded picture must be turned to stand upright: 0, 90, 180 or 270."""
    return round(picture.rotation / 90) * 90 % 360


def _shown_size(stream: VideoStream, picture: VideoFrame) -> tuple[int, int]:
    """Pixels as shown: square, and upright."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width, height = round(picture.width * aspect) or picture.width, picture.height
    return (height, width) if _rotation(picture) in {90, 270} else (width, height)


def _start_timecode(container: InputContainer, rate: Fraction) -> str:
    for metadata in (container.metadata, *(stream.metadata for stream in container.streams)):
        text = metadata.get("timecode", "")
        try:
            frame_count(text, rate)
        except ValueError:
            continue
        return text
    return "00:00:00:00"


def digest_of(path: Path) -> str:
    """Return the digest of a whole file, after the name of its kind and a colon."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def count_pictures(path: Path) -> int:
    """Return how many pictures a film holds, without decoding any.

    Raises:
        VideoError: It cannot be read.
    """
    with open_video(path) as container:
        return sum(bool(packet.size) for packet in packets(container, film_stream(container, path)))


def check_same_film(media: Media, rate: Fraction, footage: Footage, *, what: str) -> None:
    """Make sure that a document about `media` was made from `footage`; `what` names the document.

    Raises:
        DocumentError: It was made from another file.
    """
    if media.digest and media.digest != footage.digest:
        raise DocumentError(
            f"{what} is for another video: {footage.path} is not the file it was made from. If that is meant (a film "
            "that replaces its proxy), take media.digest out of it."
        )
    if (media.duration_frames, rate) != (footage.duration_frames, footage.rate):
        raise DocumentError(
            f"{what} is for another video: it says {media.duration_frames} frames at {rate} a second, "
            f"{footage.path} has {footage.duration_frames} at {footage.rate}."
        )
