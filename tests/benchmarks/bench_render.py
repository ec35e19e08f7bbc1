"""The film against plain ffmpeg (the same graph's work by hand) and MoviePy, for the same edit in the same run.

python tests/benchmarks/bench_render.py [--video FILE]
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import films

from autocut_director.tools.film.render import render_edit
from autocut_director.tools.probe import probe_video
from autocut_director.tools.timeline import Clip, EditPlan, PlannedBy, Target

CLIPS, CLIP_SECONDS = 10, 2.4
ENCODING = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "18",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "aac",
    "-b:a",
    "192k",
]


def plain_ffmpeg(plan: EditPlan, video: Path, out: Path) -> None:
    """Seek to each clip by seconds and join them: what a person types who does not count frames."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    for clip in plan.clips:
        seconds = float(clip.in_frame / plan.rate), float(clip.length / plan.rate)
        command += ["-ss", f"{seconds[0]:.6f}", "-t", f"{seconds[1]:.6f}", "-i", str(video)]
    pads = "".join(f"[{n}:v][{n}:a]" for n in range(len(plan.clips)))
    graph = f"{pads}concat=n={len(plan.clips)}:v=1:a=1[v][a]"
    subprocess.run([*command, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *ENCODING, str(out)], check=True)


def with_moviepy(plan: EditPlan, video: Path, out: Path) -> None:
    from moviepy import VideoFileClip, concatenate_videoclips

    with VideoFileClip(str(video)) as film:
        rate = float(plan.rate)
        clips = [film.subclipped(clip.in_frame / rate, clip.out_frame / rate) for clip in plan.clips]
        concatenate_videoclips(clips).write_videofile(
            str(out), codec="libx264", audio_codec="aac", preset="veryfast", ffmpeg_params=["-crf", "18"], logger=None
        )


def edit(video: Path) -> EditPlan:
    footage = probe_video(video)
    length = round(CLIP_SECONDS * footage.rate)
    step = (footage.duration_frames - length) // CLIPS
    starts = random.Random(1).sample(range(0, step * CLIPS, step), CLIPS)
    clips = tuple(
        Clip(order=n, scene_id="S", in_frame=start, out_frame=start + length, purpose="body")
        for n, start in enumerate(starts, start=1)
    )
    return EditPlan(
        title="bench",
        target=Target(duration_seconds=CLIPS * CLIP_SECONDS),
        fps_fraction=footage.rate,
        media=footage.media,
        clips=clips,
        planned_by=PlannedBy(planner="bench"),
    )


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--video", type=Path)
    given = parser.parse_args().video
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        video = given or films.make_film(folder / "film.mp4", shots=[250] * 6, size=(1280, 720), gop=250)
        plan = edit(video)
        ways: dict[str, Callable[[], object]] = {
            "AutoCut Director": lambda: render_edit(plan, folder / "ours.mp4"),
            "plain ffmpeg": lambda: plain_ffmpeg(plan, video, folder / "plain.mp4"),
            "MoviePy": lambda: with_moviepy(plan, video, folder / "moviepy.mp4"),
        }
        seconds = {name: min(timed(work) for _ in range(2)) for name, work in ways.items()}
        table = Table("way", "seconds", "ratio to plain ffmpeg", "frames off the plan")
        for (name, took), made in zip(seconds.items(), ("ours", "plain", "moviepy"), strict=True):
            off = probe_video(folder / f"{made}.mp4").picture_count - plan.duration_frames
            table.add_row(name, f"{took:.2f}", f"{took / seconds['plain ffmpeg']:.2f}", f"{off:+d}")
    Console().print(table)


if __name__ == "__main__":
    main()
