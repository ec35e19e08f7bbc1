"""The film: a proven plan cut by one ffmpeg graph, frame for frame.

Every clip is an input of its own, sought near its in point. Its pictures are put on the film's grid by ffmpeg's `fps`
filter, where a picture's time stamp *is* its grid frame, and cut there by number, so that no rounding of seconds can
shift a cut. Sound is cut at the same instants and padded or trimmed to the very sample, so that it cannot drift.
"""

import signal
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import IO

from autocut_director.errors import OutputError, RenderError, VideoError
from autocut_director.tools.files import replacing
from autocut_director.tools.probe import Footage, check_same_film, count_pictures, probe_video
from autocut_director.tools.rules import check_against_film
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import Clip, EditPlan

SAMPLE_RATE = 48_000
"""Samples a second of the film's sound."""
FADE_SECONDS = 0.005
"""At each end of each clip's sound: long enough to hide the click of a cut, too short to be heard as a fade."""

_VIDEO_CODEC = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
_AUDIO_CODEC = ["-c:a", "aac", "-b:a", "192k"]


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
    with tempfile.TemporaryDirectory(prefix="autocut-") as scratch, replacing(out) as part:
        graph = Path(scratch) / "graph.txt"
        graph.write_text(filter_graph(plan, film), encoding="utf-8")
        _run(ffmpeg_command(plan, film, graph, part), plan.duration_frames, progress, out)
        _check_length(part, plan)
    return out


def footage_of(plan: EditPlan) -> Footage:
    """Probe the plan's film and make sure that it is the one that the plan was made for.

    Raises:
        VideoError: It is missing or unreadable.
        DocumentError: It is another film.
    """
    footage = probe_video(plan.media.primary_clip_path)
    check_same_film(plan.media, plan.rate, footage, what="The plan")
    return footage


def ffmpeg_command(plan: EditPlan, footage: Footage, graph: Path, out: Path) -> list[str]:
    """Return the ffmpeg call that writes the film; the graph is read from a file, since it can be long."""
    import imageio_ffmpeg

    inputs = [argument for clip in plan.clips for argument in _input(clip, footage)]
    rate = plan.rate
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", "-v", "error"),
        *("-progress", "pipe:1", "-stats_period", "0.2", "-copyts"),
        *inputs,
        *("-/filter_complex", str(graph), "-map", "[v]", "-map", "[a]"),
        *(*_VIDEO_CODEC, "-r", f"{rate.numerator}/{rate.denominator}", *_AUDIO_CODEC),
        *("-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4", f"file:{out.absolute()}"),
    ]


def filter_graph(plan: EditPlan, footage: Footage) -> str:
    """Return ffmpeg's filter graph: each clip's picture and sound, joined as [v] and [a]."""
    bounds = [0, *accumulate(clip.length for clip in plan.clips)]
    samples = [b - a for a, b in pairwise(_sample_at(frame, plan.rate) for frame in bounds)]
    chains = [
        chain
        for number, (clip, count) in enumerate(zip(plan.clips, samples, strict=True))
        for chain in (_picture_chain(number, clip, footage), _sound_chain(number, clip, footage, count))
    ]
    pads = "".join(f"[v{number}][a{number}]" for number in range(len(plan.clips)))
    return ";\n".join([*chains, f"{pads}concat=n={len(plan.clips)}:v=1:a=1[v][a]"])


def _sample_at(frame: int, rate: Fraction) -> int:
    return round(frame / rate * SAMPLE_RATE)


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


def _run(command: Sequence[str], frames: int, progress: Progress | None, out: Path) -> None:
    with tempfile.TemporaryFile() as errors:
        with _started(command, errors) as process:
            try:
                _follow(process, frames, progress)
            finally:
                process.kill()  # an interrupt must not leave it running; it has ended by itself otherwise
        if process.returncode != 0:
            raise _failure(errors, process.returncode, out)


def _started(command: Sequence[str], errors: IO[bytes]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        )
    except OSError as exc:
        raise RenderError(f"ffmpeg cannot be started ({exc}); pip install --force-reinstall imageio-ffmpeg") from exc


def _follow(process: "subprocess.Popen[str]", frames: int, progress: Progress | None) -> None:
    for line in process.stdout or ():
        key, _, value = line.partition("=")
        if key == "frame" and progress is not None and value.strip().isdigit():
            progress(min(int(value), frames), frames)
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
