"""Sound that changes its kind midway, as broadcasts go from stereo to surround: brought to one kind before it is cut.

Where sound changes, ffmpeg builds its filter graph anew; one of several inputs then waits for ever.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autocut_director.tools.film import ffmpeg
from autocut_director.tools.film.graph import SAMPLE_RATE, instant, sought_frame
from autocut_director.tools.probe import Footage, decoded, decoded_from, open_video
from autocut_director.tools.timeline import Clip

_WITH_A_HEADER = ("mov", "matroska")
_SAID_ONCE = {"aac", "alac", "flac", "opus", "vorbis"}
"""Codecs whose kind stands in the header of such a file, once and for all of it."""
_BESIDE = 5  # seconds before and after a clip: ffmpeg reads more than it uses


def one_kind(footage: Footage, clips: Sequence[Clip], folder: Path) -> str:
    """Return the name of a file in `folder` that holds the film's sound in one kind; "" where the film itself does.

    Raises:
        RenderError: ffmpeg failed.
    """
    if footage.audio_stream is None or _is_of_one_kind(footage, clips):
        return ""
    sound = folder / "sound.nut"
    opened = ["-copyts", "-i", f"file:{footage.path}", "-map", f"0:{footage.audio_stream}"]
    plain = ["-ac", "2", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le", "-f", "nut", sound.name]
    ffmpeg.run([*opened, *plain], folder=folder, out=sound)
    return sound.name


def _is_of_one_kind(footage: Footage, clips: Sequence[Clip]) -> bool:
    with open_video(footage.path) as container:
        codec = container.streams[footage.audio_stream or 0].codec_context.name
        if codec in _SAID_ONCE and container.format.name.startswith(_WITH_A_HEADER):
            return True
    return len({kind for clip in clips for kind in _kinds(footage, clip)}) <= 1


def _kinds(footage: Footage, clip: Clip) -> set[tuple[str, str, int]]:
    """Return the kinds of sound in and beside a clip: sample format, channels, samples a second."""
    sought = sought_frame(clip, footage)
    start, end = float(instant(sought, footage)) - _BESIDE, float(instant(clip.out_frame, footage)) + _BESIDE
    kinds = set[tuple[str, str, int]]()
    with open_video(footage.path) as container:
        track: Any = container.streams[footage.audio_stream or 0]
        ticks = int(start / float(track.time_base))
        frames: Any = decoded_from(container, track, ticks) if sought else decoded(container, track)
        for frame in frames:
            kinds.add((frame.format.name, frame.layout.name, frame.sample_rate))
            if frame.time is not None and frame.time > end:
                break
    return kinds
