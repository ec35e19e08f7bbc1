"""The film against the best plain ffmpeg command and MoviePy for the same edit; its memory, and its sound's drift.

python tests/benchmarks/bench_render.py [--video FILE]

Three tables, each measured in this run. The plain commands are what people write: an input for each clip, one input
parted by filters, and ffmpeg's list of files with in and out points; the quickest of them counts.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import films
from documents import plan_of

from autocut_director.tools.film.graph import SAMPLE_RATE
from autocut_director.tools.film.render import render_edit
from autocut_director.tools.pictures import pictures_at, upright, walk
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.timeline import EditPlan

CLIPS, CLIP_SECONDS = 10, 2.4
CUTS = 200  # whose drift is measured
EDGE = 1200  # samples at each end of a clip that are not compared: its fades, and room to find it early or late
SURE = 0.9  # correlation: less, and nothing is said of where a sound is
MANY = (20, 100, 500)  # clips whose memory is measured
VIDEO = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
ENCODING = [*VIDEO, "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart"]


# ---------------------------------------------------------------- the same edit by hand


def seconds_of(plan: EditPlan) -> list[tuple[float, float]]:
    return [(float(clip.in_frame / plan.rate), float(clip.length / plan.rate)) for clip in plan.clips]


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True)


def by_inputs(plan: EditPlan, video: Path, out: Path) -> None:
    opened = [part for at, long in seconds_of(plan) for part in ("-ss", f"{at}", "-t", f"{long}", "-i", str(video))]
    pads = "".join(f"[{n}:v][{n}:a]" for n in range(len(plan.clips)))
    graph = f"{pads}concat=n={len(plan.clips)}:v=1:a=1[v][a]"
    ffmpeg(*opened, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *ENCODING, str(out))


def by_filters(plan: EditPlan, video: Path, out: Path) -> None:
    chains = [
        f"[0:v]trim={at}:{at + long},setpts=PTS-STARTPTS[v{n}];[0:a]atrim={at}:{at + long},asetpts=PTS-STARTPTS[a{n}]"
        for n, (at, long) in enumerate(seconds_of(plan))
    ]
    pads = "".join(f"[v{n}][a{n}]" for n in range(len(plan.clips)))
    graph = ";".join([*chains, f"{pads}concat=n={len(plan.clips)}:v=1:a=1[v][a]"])
    ffmpeg("-i", str(video), "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *ENCODING, str(out))


def by_list(plan: EditPlan, video: Path, out: Path) -> None:
    entries = (f"file '{video.absolute()}'\ninpoint {at}\noutpoint {at + long}\n" for at, long in seconds_of(plan))
    names = out.with_suffix(".txt")
    names.write_text("".join(entries), encoding="utf-8")
    ffmpeg("-f", "concat", "-safe", "0", "-i", str(names), *ENCODING, str(out))


def with_moviepy(plan: EditPlan, video: Path, out: Path) -> None:
    from moviepy import VideoFileClip, concatenate_videoclips

    with VideoFileClip(str(video)) as film:
        clips = [film.subclipped(at, at + long) for at, long in seconds_of(plan)]
        concatenate_videoclips(clips).write_videofile(
            str(out), codec="libx264", audio_codec="aac", preset="veryfast", ffmpeg_params=["-crf", "18"], logger=None
        )


def edit(footage: Footage, clips: int, length: int) -> EditPlan:
    """Return an edit of `clips` parts of `length` frames from all over the film, in no order."""
    room = footage.duration_frames - length
    starts = [n * room // max(1, clips - 1) for n in range(clips)]
    random.Random(1).shuffle(starts)
    return plan_of(footage, [(start, start + length) for start in starts])


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def speed(video: Path, folder: Path) -> Table:
    footage = probe_video(video)
    shortened = min(CLIP_SECONDS, footage.seconds / CLIPS)
    plan = edit(footage, CLIPS, round(shortened * footage.rate))
    ways: dict[str, Callable[[Path], object]] = {
        "AutoCut Director": lambda out: render_edit(plan, out),
        "ffmpeg, an input a clip": lambda out: by_inputs(plan, video, out),
        "ffmpeg, trim filters": lambda out: by_filters(plan, video, out),
        "ffmpeg, a list with in and out points": lambda out: by_list(plan, video, out),
        "MoviePy": lambda out: with_moviepy(plan, video, out),
    }
    outs = {name: folder / f"{n}.mp4" for n, name in enumerate(ways)}
    rounds = [{name: timed(lambda name=name: ways[name](outs[name])) for name in ways} for _ in range(3)]
    seconds = {name: min(each[name] for each in rounds) for name in ways}
    best = min(took for name, took in seconds.items() if name.startswith("ffmpeg"))
    table = Table(
        "way", "seconds", "ratio to the best plain", "frames off the plan", title=f"{video.name}, {CLIPS} clips"
    )
    for name, took in seconds.items():
        off = probe_video(outs[name]).picture_count - plan.duration_frames
        table.add_row(name, f"{took:.2f}", f"{took / best:.2f}", f"{off:+d}")
    return table


# ---------------------------------------------------------------- memory


def memory(video: Path, folder: Path) -> Table:
    """The same number of frames in ever more clips; each in a process of its own, since a peak never sinks."""
    table = Table("clips", "ffmpeg's peak, MiB", "ours, MiB", "ratio to the fewest", "seconds", title="Memory")
    first = 0.0
    for clips in MANY:
        command = [sys.executable, __file__, "--video", str(video), "--peak", str(clips)]
        peak, own, took = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        first = first or peak
        table.add_row(str(clips), f"{peak:.0f}", f"{own:.0f}", f"{peak / first:.2f}", f"{took:.1f}")
    return table


def peak_of(video: Path, clips: int) -> str:
    footage = probe_video(video)
    plan = edit(footage, clips, max(1, min(footage.duration_frames, 1000) // clips))
    with tempfile.TemporaryDirectory() as scratch:
        took = timed(lambda: render_edit(plan, Path(scratch) / "out.mp4", footage=footage))
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    return f"{peaks[0]} {peaks[1]} {took}"


# ---------------------------------------------------------------- drift


def drift(video: Path, folder: Path) -> Table:
    """Where, at each of the last clips of many, its picture and its sound stand against where they are due."""
    footage = probe_video(video)
    length = min(round(footage.rate), footage.duration_frames // CUTS)
    plan = edit(footage, CUTS, length)
    cut = render_edit(plan, folder / "cut.mp4", footage=footage)
    source, made = sound_since_first_picture(footage), films.sound_of(cut)
    lags = [lag(source, made, footage, clip.in_frame, n * length, length) for n, clip in enumerate(plan.clips)]
    heard = [value for value in lags if value is not None]
    off = frames_off(footage, probe_video(cut), plan, range(CUTS - 10, CUTS))
    table = Table(
        "what", "value", title=f"{CUTS} cuts of {video.name}, {float(plan.duration_frames / plan.rate):.1f} s"
    )
    table.add_row("clips whose sound can be placed", f"{len(heard)}")
    table.add_row("sound's lag, first ten such clips, ms", f"{np.mean(heard[:10]):+.3f}" if heard else "-")
    table.add_row("sound's lag, last ten such clips, ms", f"{np.mean(heard[-10:]):+.3f}" if heard else "-")
    table.add_row("largest lag of any, ms", f"{max(map(abs, heard)):.3f}" if heard else "-")
    table.add_row("pictures off, last ten clips, frames", f"{off:+d}")
    table.add_row("one AAC frame, ms", f"{1024 / SAMPLE_RATE * 1000:.2f}")
    return table


def sound_since_first_picture(footage: Footage) -> np.ndarray:
    """The film's samples, mono, each where its own time stamp says: what a player does."""
    sound = np.zeros(round((footage.seconds + 1) * SAMPLE_RATE), np.float32)
    begin = float(footage.origin * footage.time_base)
    with av.open(str(footage.path)) as container:
        stream = container.streams[footage.audio_stream]
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        for frame in container.decode(stream):
            at = round((float(frame.pts * frame.time_base) - begin) * SAMPLE_RATE)
            samples = np.concatenate([part.to_ndarray()[0] for part in resampler.resample(frame)] or [np.zeros(0)])
            if 0 <= at < len(sound):
                sound[at : at + len(samples)] = samples[: len(sound) - at]
    return sound


def lag(source: np.ndarray, made: np.ndarray, footage: Footage, at: int, place: int, length: int) -> float | None:
    """By how many milliseconds a clip's sound is late, by correlation; None where nothing is heard that has a place."""
    start, due = round(at / footage.rate * SAMPLE_RATE), round(place / footage.rate * SAMPLE_RATE)
    count = round(length / footage.rate * SAMPLE_RATE) - 2 * EDGE
    wanted = source[start + EDGE : start + EDGE + count]
    windows = np.lib.stride_tricks.sliding_window_view(made[due : due + count + 2 * EDGE], count)
    energy = np.sqrt((windows.astype(np.float64) ** 2).sum(axis=1) * (wanted.astype(np.float64) ** 2).sum())
    alike = np.divide(windows @ wanted, energy, out=np.zeros(len(windows)), where=energy > 1e-6)
    as_good = np.flatnonzero(alike > alike.max() - 0.01) - EDGE  # a hum is as like itself a period later
    nearest = int(min(as_good, key=abs))
    return nearest / SAMPLE_RATE * 1000 if alike.max() > SURE else None


def frames_off(footage: Footage, cut: Footage, plan: EditPlan, clips: range) -> int:
    """By how many frames the pictures of `clips` are off, at most: each is most like which of the source's."""
    length, worst = plan.clips[0].length, 0
    shown = {picture.index: upright(picture, cut, long_edge=320) for picture in walk(cut)}
    for n in clips:
        middle = plan.clips[n].in_frame + length // 2
        near = {
            at.index: upright(at.picture, footage, long_edge=320)
            for at in pictures_at(footage, range(middle - 2, middle + 3))
        }
        image = shown[n * length + length // 2].astype(int)
        apart = {index - middle: np.abs(other.astype(int) - image).mean() for index, other in near.items()}
        best = min(apart, key=lambda step: (apart[step] > apart[0] - 1e-9 and step != 0, apart[step]))
        worst = max(worst, best, key=abs)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--peak", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        sys.stdout.write(peak_of(given.video, given.peak))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        video = given.video or films.make_film(folder / "film.mp4", shots=[250] * 6, size=(1280, 720), gop=250)
        for table in (speed(video, folder), memory(video, folder), drift(video, folder)):
            Console().print(table)


if __name__ == "__main__":
    main()
