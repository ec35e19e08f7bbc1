"""The film: a proven plan cut by one ffmpeg graph, frame for frame (a long one piece by piece, then joined).

Every clip is an input of its own, sought near its in point. Its pictures are put on the film's grid by ffmpeg's `fps`
filter, where a picture's time stamp *is* its grid frame, and cut there by number, so that no rounding of seconds can
shift a cut. Sound is cut at the same instants and padded or trimmed to the very sample, so that it cannot drift.
"""

import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import IO

from autocut_director.errors import OutputError, RenderError, VideoError
from autocut_director.tools.files import replacing
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.probe import Footage, check_same_film, count_pictures, probe_video
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import Clip, EditPlan

SAMPLE_RATE = 48_000
"""Samples a second of the film's sound."""
FADE_SECONDS = 0.005
"""At each end of each clip's sound: long enough to hide the click of a cut, too short to be heard as a fade."""

_VIDEO_CODEC = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
_FILM = ["-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"]
_PIECE = ["-c:a", "pcm_s16le", "-f", "mov"]
_AT_ONCE = 24  # clips a call: each is an input of its own, with a decoder's memory, threads and open file
_TICKS = 10_000


def render_edit(plan: EditPlan, out: Path, *, footage: Footage | None = None, progress: Progress | None = None) -> Path:
    """Cut the film that `plan` says and write it to `out` (MP4, H.264 and AAC).

    Args:
        plan: A proven plan.
        out: The film's final name; it appears when the film is whole.
        footage: The plan's film, if it is already probed.
        progress: Told the frames written and in all.

    Raises:
        VideoError: The plan's film is missing or unreadable.
        DocumentError: The plan is for another video.
        PlanError: The plan's clips do not fit its film.
        OutputError: The film cannot be written there.
        RenderError: ffmpeg failed, or made another film than the plan says.
    """
    check_against_film(plan)
    film = footage_of(plan) if footage is None else footage
    pieces = _pieces(plan)
    with tempfile.TemporaryDirectory(prefix="autocut-") as scratch, replacing(out) as part:
        work = _Work(film, Path(scratch), out, plan.duration_frames, progress)
        if len(pieces) == 1:
            work.cut(pieces[0], part, _FILM)
        else:
            work.join([work.cut(piece, Path(scratch) / f"{piece.first_frame}.mov", _PIECE) for piece in pieces], part)
        _check_length(part, plan)
    return out


@dataclass(frozen=True)
class _Piece:
    """Neighbouring clips that one ffmpeg call cuts, and how many samples of sound each has.

    `first_frame` is where in the film they begin. Samples are counted over the whole film, so that nothing adds up.
    """

    first_frame: int
    clips: tuple[Clip, ...]
    samples: tuple[int, ...]


def _pieces(plan: EditPlan) -> list[_Piece]:
    bounds = [0, *accumulate(clip.length for clip in plan.clips)]
    samples = [b - a for a, b in pairwise(round(frame / plan.rate * SAMPLE_RATE) for frame in bounds)]
    return [
        _Piece(bounds[n], plan.clips[n : n + _AT_ONCE], tuple(samples[n : n + _AT_ONCE]))
        for n in range(0, len(plan.clips), _AT_ONCE)
    ]


@dataclass(frozen=True)
class _Work:
    """One film being made: what from, where to, and who is told."""

    footage: Footage
    scratch: Path
    out: Path
    frames: int
    progress: Progress | None

    def cut(self, piece: _Piece, part: Path, encoding: Sequence[str]) -> Path:
        """Cut one piece into `part`. Its graph is read from a file, since it can be long."""
        graph = self.scratch / "graph.txt"
        graph.write_text(filter_graph(piece.clips, piece.samples, self.footage), encoding="utf-8")
        inputs = [argument for clip in piece.clips for argument in _input(clip, self.footage)]
        rate = f"{self.footage.rate.numerator}/{self.footage.rate.denominator}"
        pictures = [*_VIDEO_CODEC, "-r", rate, "-video_track_timescale", str(_timescale(self.footage.rate))]
        maps = ["-/filter_complex", str(graph), "-map", "[v]", "-map", "[a]"]
        self._run(["-copyts", *inputs, *maps, *pictures, *encoding, f"file:{part.absolute()}"], piece.first_frame)
        return part

    def join(self, parts: Sequence[Path], part: Path) -> None:
        """Join the pieces: their pictures as they are, their sound encoded once, so that no joint can be heard."""
        names = self.scratch / "pieces.txt"
        names.write_text("".join(f"file '{path.name}'\n" for path in parts), encoding="utf-8")
        pictures = ["-c:v", "copy", "-video_track_timescale", str(_timescale(self.footage.rate))]
        self._run(["-f", "concat", "-i", str(names), *pictures, *_FILM, f"file:{part.absolute()}"], self.frames)

    def _run(self, arguments: Sequence[str], done: int) -> None:
        import imageio_ffmpeg

        quiet = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", "-v", "error"]
        with tempfile.TemporaryFile() as errors:
            told = ["-progress", "pipe:1", "-stats_period", "0.2"]
            with _started([*quiet, *told, *arguments], errors) as process:
                try:
                    _follow(process, done, self.frames, self.progress)
                finally:
                    process.kill()  # an interrupt must not leave it running; it has ended by itself otherwise
            if process.returncode != 0:
                raise _failure(errors, process.returncode, self.out)


def _timescale(rate: Fraction) -> int:
    """Ticks a second in which every frame begins on a whole tick."""
    return rate.numerator * (1 if rate.numerator >= _TICKS else _TICKS)


def footage_of(plan: EditPlan) -> Footage:
    """Probe the plan's film and make sure that it is the one that the plan was made for.

    Raises:
        VideoError: It is missing or unreadable.
        DocumentError: It is another film.
    """
    footage = probe_video(plan.media.primary_clip_path)
    check_same_film(plan.media, plan.rate, footage, what="The plan")
    return footage


def filter_graph(clips: Sequence[Clip], samples: Sequence[int], footage: Footage) -> str:
    """Return ffmpeg's filter graph: each clip's picture and sound (`samples` long), joined as [v] and [a]."""
    chains = [
        chain
        for number, (clip, count) in enumerate(zip(clips, samples, strict=True))
        for chain in (_picture_chain(number, clip, footage), _sound_chain(number, clip, footage, count))
    ]
    pads = "".join(f"[v{number}][a{number}]" for number in range(len(clips)))
    return ";\n".join([*chains, f"{pads}concat=n={len(clips)}:v=1:a=1[v][a]"])


def _input(clip: Clip, footage: Footage) -> list[str]:
    """Seek early enough that the picture shown at the in point is among those decoded, however long it is held.

    A picture size that changes midway must not start the graph anew, which would lose pictures; `scale` follows it.
    """
    frames = max(0, clip.in_frame - footage.longest_hold - footage.seek_margin - 1)
    seconds = float(frames / footage.rate)
    seek = ["-ss", f"{seconds:.6f}"] if frames else []
    return [*seek, "-reinit_filter:v", "0", "-i", f"file:{footage.path}"]


def _picture_chain(number: int, clip: Clip, footage: Footage) -> str:
    rate = f"{footage.rate.numerator}/{footage.rate.denominator}"
    width, height = even_size(footage)
    steps = [
        f"setpts=PTS-{footage.origin}",
        f"fps={rate}:eof_action=pass",
        "tpad=stop=-1:stop_mode=clone",
        f"trim=start_pts={clip.in_frame}:end_pts={clip.out_frame}",
        "setpts=PTS-STARTPTS",
        f"scale={width}:{height}",
        "setsar=1",
        "format=yuv420p",
    ]
    return f"[{number}:{footage.video_stream}]{','.join(steps)}[v{number}]"


def _sound_chain(number: int, clip: Clip, footage: Footage, samples: int) -> str:
    seconds = Fraction(samples, SAMPLE_RATE)
    fade = min(FADE_SECONDS, float(seconds) / 2)
    fades = f"afade=t=in:d={fade:.6f},afade=t=out:st={float(seconds) - fade:.6f}:d={fade:.6f}"
    layout = f"aformat=sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=stereo"
    if footage.audio_stream is None:
        return f"anullsrc=r={SAMPLE_RATE}:cl=stereo,atrim=end_sample={samples},{layout}[a{number}]"
    start = footage.origin * footage.time_base + clip.in_frame / footage.rate  # on the file's own clock
    steps = [
        f"asetpts=PTS-{float(start):.9f}/TB",
        f"atrim=start=0:end={float(seconds):.9f}",
        f"aresample={SAMPLE_RATE}:async=1:first_pts=0",
        layout,
        f"apad=whole_len={samples}",
        f"atrim=end_sample={samples}",
        "asetpts=N/SR/TB",
        fades,
    ]
    return f"[{number}:{footage.audio_stream}]{','.join(steps)}[a{number}]"


def even_size(footage: Footage) -> tuple[int, int]:
    """Return the film's size in pixels: as shown, rounded down to even numbers as 4:2:0 colour needs."""
    return max(2, footage.width // 2 * 2), max(2, footage.height // 2 * 2)


def _started(command: Sequence[str], errors: IO[bytes]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        )
    except OSError as exc:
        raise RenderError(f"ffmpeg cannot be started ({exc}); pip install --force-reinstall imageio-ffmpeg") from exc


def _follow(process: "subprocess.Popen[str]", done: int, frames: int, progress: Progress | None) -> None:
    """Tell of the frames that ffmpeg has written, on top of those `done` before it."""
    for line in process.stdout or ():
        key, _, value = line.partition("=")
        if key == "frame" and progress is not None and value.strip().isdigit():
            progress(min(done + int(value), frames), frames)
    process.wait()


def _failure(errors: IO[bytes], status: int, out: Path) -> OutputError | RenderError:
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").split("\n")
    said = " / ".join(line.strip() for line in lines[-6:] if line.strip())
    full = status == -getattr(signal, "SIGXFSZ", 0) or "No space left" in said or "File too large" in said
    if full:
        return OutputError(f"No space left for {out}: free some, or choose another place with --out.")
    return RenderError(f"ffmpeg failed with status {status}: {said or 'it said nothing'}")


def _check_length(film: Path, plan: EditPlan) -> None:
    """Count the film's pictures, so that what is handed over is what was planned."""
    try:
        made = count_pictures(film)
    except VideoError as exc:
        raise RenderError(f"ffmpeg made no film: {exc}") from exc
    if made != plan.duration_frames:
        raise RenderError(f"The film has {made} frames, the plan {plan.duration_frames}.")
