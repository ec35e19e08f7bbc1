"""The filter graph of a film: each clip's picture and sound, cut by number, and all of them one after the other.

Every clip is an input of its own, sought near its in point. Its pictures are put on the film's grid by ffmpeg's `fps`
filter, where a picture's time stamp *is* its grid frame, and cut there by number, so that no rounding of seconds can
shift a cut. Sound is cut at the same instants and padded or trimmed to the very sample, so that it cannot drift.
"""

from dataclasses import dataclass
from fractions import Fraction

from autocut_director.tools.film.shapes import Size, Window, even_size, fitted, position
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import Clip

SAMPLE_RATE = 48_000
"""Samples a second of the film's sound."""
FADE_SECONDS = 0.005
"""At each end of each clip's sound: long enough to hide the click of a cut, too short to be heard as a fade."""
SCRIPT = "text.ass"
"""The script of what is set into the picture: its name in ffmpeg's working folder."""
SCRIPT_RATE = 10
"""Frames a second at which the script is timed. A script counts in hundredths, in which no frame of 1/30 s begins;
so the pictures are shown to it at this rate, and each frame begins at a whole tenth of a second."""


@dataclass(frozen=True)
class Piece:
    """Neighbouring clips that one graph cuts.

    `first_frame` is where in the film they begin; `samples`: of sound, a clip; `windows`: one a clip, or none;
    `sound`: the file in ffmpeg's working folder that holds the film's sound, "" for the film itself.
    """

    first_frame: int
    clips: tuple[Clip, ...]
    samples: tuple[int, ...]
    windows: tuple[Window, ...] = ()
    sound: str = ""


@dataclass(frozen=True)
class Canvas:
    """What pictures are put on: the film's size in pixels, and whether a script is set into them."""

    size: Size
    lettered: bool = False


def inputs(piece: Piece, footage: Footage) -> list[str]:
    """Return the arguments that open the clips, one input each, then their sound, where it is a file of its own."""
    sounds = [argument for clip in piece.clips for argument in _sound_input(clip, footage, piece.sound)]
    return [*(argument for clip in piece.clips for argument in _input(clip, footage)), *sounds]


def sought_frame(clip: Clip, footage: Footage) -> int:
    """Return the frame from which a clip is decoded.

    It is so early that the picture shown at the in point is among those decoded, however long it is held.
    """
    return max(0, clip.in_frame - footage.longest_hold - footage.seek_margin - 1)


def instant(frame: int, footage: Footage) -> Fraction:
    """Return the seconds at which a frame begins, on the file's own clock."""
    return footage.origin * footage.time_base + frame / footage.rate


def filter_graph(piece: Piece, footage: Footage, canvas: Canvas) -> str:
    """Return ffmpeg's filter graph: the piece's clips joined as [v] and [a]."""
    chains: list[str] = []
    for number, (clip, samples) in enumerate(zip(piece.clips, piece.samples, strict=True)):
        window = piece.windows[number] if piece.windows else None
        source = f"{len(piece.clips) + number}:0" if piece.sound else f"{number}:{footage.audio_stream}"
        sound = _sound_chain(number, source, clip, footage, samples)
        chains += [_picture_chain(number, clip, footage, canvas, window), sound]
    pads = "".join(f"[v{number}][a{number}]" for number in range(len(piece.clips)))
    if not canvas.lettered:
        return ";\n".join([*chains, f"{pads}concat=n={len(piece.clips)}:v=1:a=1[v][a]"])
    joined = f"{pads}concat=n={len(piece.clips)}:v=1:a=1[cut][a]"
    return ";\n".join([*chains, joined, f"[cut]{_lettering(piece, footage)}[v]"])


def _input(clip: Clip, footage: Footage) -> list[str]:
    """Open the film for a clip.

    A picture size that changes midway must not start the graph anew, which would lose pictures; `scale` follows it.
    """
    frames = sought_frame(clip, footage)
    seek = ["-ss", f"{float(frames / footage.rate):.6f}"] if frames else []
    return [*seek, "-reinit_filter:v", "0", "-i", f"file:{footage.path}"]


def _sound_input(clip: Clip, footage: Footage, sound: str) -> list[str]:
    sought = ["-seek_timestamp", "1", "-ss", f"{float(instant(sought_frame(clip, footage), footage)):.6f}"]
    return [*(sought if sought_frame(clip, footage) else []), "-i", sound] if sound else []


def _picture_chain(number: int, clip: Clip, footage: Footage, canvas: Canvas, window: Window | None) -> str:
    rate = f"{footage.rate.numerator}/{footage.rate.denominator}"
    steps = [
        f"setpts=PTS-{footage.origin}",
        f"fps={rate}:eof_action=pass",
        "tpad=stop=-1:stop_mode=clone",
        f"trim=start_pts={clip.in_frame}:end_pts={clip.out_frame}",
        "setpts=PTS-STARTPTS",
        *_shaped(footage, canvas, window),
        "setsar=1",
        "format=yuv420p",
    ]
    return f"[{number}:{footage.video_stream}]{','.join(steps)}[v{number}]"


def _shaped(footage: Footage, canvas: Canvas, window: Window | None) -> list[str]:
    """Return the filters that bring a picture, as shown, onto the canvas: whole, through a window, or between bars."""
    source, (width, height) = even_size(footage), canvas.size
    if window is not None and window.path:
        at = {"x": "0", "y": "0", window.axis: f"'{position(window.path)}'"}
        return [f"scale={source[0]}:{source[1]}", f"crop={width}:{height}:{at['x']}:{at['y']}"]
    inner = fitted(source, canvas.size)
    scaled = f"scale={inner[0]}:{inner[1]}"
    bars = (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2  # even, as 4:2:0 colour needs
    padded = [] if inner == canvas.size else [f"pad={width}:{height}:{bars[0]}:{bars[1]}"]
    return [scaled, *padded, *([_carried_on(canvas.size, inner, bars)] if window is not None else [])]


def _carried_on(size: Size, inner: Size, bars: Size) -> str:
    """Return the filter that fills bars with the picture's outermost pixels, which are a title's plain ground."""
    left, top = bars
    right, bottom = size[0] - inner[0] - left, size[1] - inner[1] - top
    return f"fillborders=left={left}:right={right}:top={top}:bottom={bottom}:mode=smear"


def _lettering(piece: Piece, footage: Footage) -> str:
    rate = f"{footage.rate.numerator}/{footage.rate.denominator}"
    return f"setpts=(N+{piece.first_frame})/({SCRIPT_RATE}*TB),ass={SCRIPT},setpts=N/({rate}*TB)"


def _sound_chain(number: int, source: str, clip: Clip, footage: Footage, samples: int) -> str:
    """Return the filters that cut a clip's sound: `samples` of it from the stream `source`, as [a`number`]."""
    seconds = Fraction(samples, SAMPLE_RATE)
    fade = min(FADE_SECONDS, float(seconds) / 2)
    fades = f"afade=t=in:d={fade:.6f},afade=t=out:st={float(seconds) - fade:.6f}:d={fade:.6f}"
    layout = f"aformat=sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=stereo"
    if footage.audio_stream is None:
        return f"anullsrc=r={SAMPLE_RATE}:cl=stereo,atrim=end_sample={samples},{layout}[a{number}]"
    steps = [
        f"asetpts=PTS-{float(instant(clip.in_frame, footage)):.9f}/TB",
        f"atrim=start=0:end={float(seconds):.9f}",
        f"aresample={SAMPLE_RATE}:async=1:first_pts=0",
        layout,
        f"apad=whole_len={samples}",
        f"atrim=end_sample={samples}",
        "asetpts=N/SR/TB",
        fades,
    ]
    return f"[{source}]{','.join(steps)}[a{number}]"
