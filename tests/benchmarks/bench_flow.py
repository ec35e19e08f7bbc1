"""The table of the README: what the program takes, each figure against a named peer or limit in the same run.

    python tests/benchmarks/bench_flow.py [--footage DIR] [--only ROWS ...] [--rounds N]

The films are made here, which takes about two minutes: ten minutes of 720p with 120 shots, and the same six times
over. `--footage DIR` adds the clips that DIR/cuts.json labels. `--only` measures some of the rows:
describing, surveying, finding, stills, memory, planning, starting.

What runs as a command runs in a process of its own, over a local model server that answers after 200 ms, four at once.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import mean

import av
import cv2
import imageio_ffmpeg
import numpy as np
import scenedetect
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import bench_plan
import bench_scenes
import films
from documents import described
from servers.faults import slow
from servers.openai_like import Server, serving

from autocut_director.tools import recall
from autocut_director.tools.ahead import ahead
from autocut_director.tools.frames import LONG_EDGE, sample_frames, sample_positions, to_jpeg
from autocut_director.tools.plans.footage_table import footage_table
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.scene_pass import FirstPass
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.store import NO_STORE
from autocut_director.tools.timeline import ScenesDocument

SHOTS, SHOT_SECONDS, LATENCY, SLOTS = 120, 5, 0.2, 4
ANSWER = '{"summary": "A sea under clouds.", "shot_type": "wide", "subjects": ["sea"], "quality_score": 7}'
THREADS = os.cpu_count() or 1
NOWHERE = "http://127.0.0.1:9"
HEAVY = ("langchain", "langchain_core", "cv2", "moviepy", "av", "numpy")


@dataclass(frozen=True)
class Row:
    """What took how much, against what; the ratio or figure, and the goal."""

    what: str
    took: str
    against: str
    figure: float
    goal: float
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.goal if self.more_is_better else self.figure <= self.goal


# ---------------------------------------------------------------- films


def ten_minutes(folder: Path) -> Path:
    """Shots of scenery over which the camera moves; no two are alike."""
    draw, parts = np.random.default_rng(7), []
    for number in range(SHOTS):
        still, part = folder / "still.png", folder / f"{number:03}.mp4"
        ground = films.scenery(draw, draw.uniform(60, 160, 3), (1600, 900)).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(still), ground[..., ::-1])
        held = f"loop=loop={25 * SHOT_SECONDS - 1}:size=1,setpts=N/25/TB"
        window = f"crop=1280:720:x='t*{draw.integers(0, 60)}':y='t*{draw.integers(0, 30)}'"
        looped = ["-i", str(still), "-vf", f"{held},{window},format=yuv420p", "-r", "25"]
        ffmpeg(*looped, "-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-threads", str(THREADS), str(part))
        parts.append(part)
    return joined(parts, folder / "ten minutes.mp4")


def joined(parts: Sequence[Path], film: Path) -> Path:
    names = film.with_suffix(".txt")
    names.write_text("".join(f"file '{part}'\n" for part in parts), encoding="utf-8")
    ffmpeg("-f", "concat", "-safe", "0", "-i", str(names), "-c", "copy", str(film))
    return film


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True)


class Films:
    """The films of this run; each is made when it is first wanted."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder, self.rounds = folder, rounds

    @cached_property
    def ten(self) -> Path:
        return ten_minutes(self.folder)

    @cached_property
    def hour(self) -> Path:
        return joined([self.ten] * 6, self.folder / "an hour.mp4")

    @cached_property
    def short(self) -> Path:
        ffmpeg("-t", "2", "-i", str(self.ten), "-c", "copy", str(self.folder / "short.mp4"))
        return self.folder / "short.mp4"

    @cached_property
    def footage(self) -> Footage:
        return probe_video(self.ten)

    @cached_property
    def scenes(self) -> ScenesDocument:
        return detect_scenes(self.footage)


# ---------------------------------------------------------------- the command, in a process of its own


@dataclass(frozen=True)
class Ran:
    """What a command took: seconds, and the most memory in MiB."""

    seconds: float
    peak: float


def ran(command: Sequence[str], **environment: str) -> Ran:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)}: {process.stderr.read().decode() if process.stderr else status}")
    return Ran(took, usage.ru_maxrss / 1024)


@contextmanager
def model_server(latency: float = LATENCY) -> Iterator[Server]:
    with serving(Server(lambda _: ANSWER, models=("moondream2",), fault=slow(latency))) as server:
        yield server


def describe(film: Path, folder: Path, server: Server, *more: str) -> Ran:
    """`autocut-director describe`, every scene, over the model server alone."""
    command = [sys.executable, "-m", "autocut_director", "describe", str(film), "--out", str(folder / "scenes.json")]
    return ran(
        [*command, "--vision", "lmstudio", "--max-scenes", "0", "--overwrite", *more],
        AUTOCUT_CACHE_DIR=str(folder / "store"),
        LMSTUDIO_HOST=server.url,
        OLLAMA_HOST=NOWHERE,
    )


# ---------------------------------------------------------------- rows


def describing(made: Films) -> Iterator[Row]:
    """120 scenes over the server: cold, and again from the store."""
    detection = shortest(lambda: detect_scenes(made.footage), times=2)
    with model_server() as server, tempfile.TemporaryDirectory() as scratch:
        start = describe(made.short, Path(scratch), server, "--no-cache").seconds - LATENCY
        asked = len(server.seen)
        cold = describe(made.ten, Path(scratch), server)
        asked, before = len(server.seen) - asked, len(server.seen)
        warm = describe(made.ten, Path(scratch), server)
        again = len(server.seen) - before
    limit = max(detection, asked * LATENCY / SLOTS) + start
    peer = f"max(detection {detection:.1f}, {asked} x {LATENCY} / {SLOTS}) + start {start:.1f} = {limit:.1f} s"
    yield Row(f"{asked} scenes described, 10 min of 720p", f"{cold.seconds:.1f} s", peer, cold.seconds / limit, 1.15)
    yield Row("the same again, warm store", f"{warm.seconds:.2f} s", f"{again} requests", warm.seconds, 2.5)


def surveying(made: Films) -> Iterator[Row]:
    """Detection, signals and frames in one pass, against decoding alone and PySceneDetect."""

    def survey() -> None:
        for shot in ahead(FirstPass(made.footage), most=8):
            recall.measured(shot, NO_STORE)

    def decode() -> None:
        ffmpeg("-threads", str(THREADS), "-i", str(made.ten), "-map", "0:v", "-f", "null", "-")

    def peer() -> None:
        scenedetect.detect(str(made.ten), scenedetect.AdaptiveDetector())

    ours, decoding, theirs = in_turn([survey, decode, peer], times=made.rounds)
    what = "detection, signals and frames, 10 min of 720p"
    yield Row(what, f"{ours:.1f} s", f"ffmpeg -f null, {THREADS} threads: {decoding:.1f} s", ours / decoding, 1.3)
    yield Row("the same", f"{ours:.1f} s", f"PySceneDetect's detect(): {theirs:.1f} s", ours / theirs, 0.7)


def stills(made: Films) -> Iterator[Row]:
    """Three stills of each scene, as JPEGs of 512 pixels, against the libraries people would take."""
    footage, scenes = made.footage, made.scenes.scenes
    frames = [index for scene in scenes for index in sample_positions(scene, 3, footage.rate)]
    ways: dict[str, Callable[[], object]] = {
        "PyAV": lambda: by_pyav(footage, frames),
        "ffmpeg": lambda: by_ffmpeg(footage, frames, made.folder),
        "OpenCV": lambda: by_opencv(footage, frames),
        "MoviePy": lambda: by_moviepy(footage, frames),
    }
    ours, *others = in_turn([lambda: sample_frames(footage, scenes), *ways.values()], times=made.rounds)
    best = min(others)
    named = ", ".join(f"{name} {took:.1f}" for name, took in zip(ways, others, strict=True))
    yield Row(f"3 frames of {len(scenes)} scenes alone", f"{ours:.1f} s", named, ours / best, 1.0)


def by_pyav(footage: Footage, frames: Sequence[int]) -> None:
    with av.open(str(footage.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index in frames:
            wanted = footage.origin + int(index / footage.rate / footage.time_base)
            container.seek(wanted, stream=stream)
            picture = next(frame for frame in container.decode(stream) if (frame.pts or 0) >= wanted)
            still(picture.to_ndarray(format="bgr24"))


def by_ffmpeg(footage: Footage, frames: Sequence[int], folder: Path) -> None:
    """Seeks once for each: one pass with a filter that selects takes longer."""
    for index in frames:
        at = ["-ss", str(float(index / footage.rate)), "-i", str(footage.path)]
        ffmpeg(*at, "-frames:v", "1", "-vf", f"scale={LONG_EDGE}:-2", str(folder / "peer.jpg"))


def by_opencv(footage: Footage, frames: Sequence[int]) -> None:
    video = cv2.VideoCapture(str(footage.path))
    for index in frames:
        video.set(cv2.CAP_PROP_POS_FRAMES, index)
        still(video.read()[1])
    video.release()


def by_moviepy(footage: Footage, frames: Sequence[int]) -> None:
    from moviepy import VideoFileClip

    with VideoFileClip(str(footage.path), audio=False) as video:
        for index in frames:
            still(video.get_frame(float(index / footage.rate))[..., ::-1])


def still(image: np.ndarray) -> None:
    to_jpeg(cv2.resize(image, (LONG_EDGE, LONG_EDGE * image.shape[0] // image.shape[1]), interpolation=cv2.INTER_AREA))


def memory(made: Films) -> Iterator[Row]:
    """The most that `describe` takes; a film six times as long has six times the scenes."""
    with model_server(0.0) as server, tempfile.TemporaryDirectory() as scratch:
        ten, hour = (describe(film, Path(scratch), server, "--no-cache").peak for film in (made.ten, made.hour))
    yield Row("peak memory, 60 min against 10", f"{hour:.0f} MiB", f"{ten:.0f} MiB", hour / ten, 1.1)


def finding(_: Films, folder: Path | None) -> Iterator[Row]:
    """Mean F1 against each of PySceneDetect's detectors at its default."""
    with tempfile.TemporaryDirectory() as scratch:
        sets = {
            "made films": bench_scenes.made(Path(scratch), bench_scenes.KNOWN, 12),
            "made films held out": bench_scenes.made(Path(scratch), bench_scenes.HELD_OUT, 12),
            **({"labelled clips": bench_scenes.labelled(folder)} if folder else {}),
        }
        for name, clips in sets.items():
            ours = mean(bench_scenes.f1(bench_scenes.ours(clip.path), clip) for clip in clips)
            theirs = {
                detector: mean(bench_scenes.f1(bench_scenes.theirs(kind)(clip.path), clip) for clip in clips)
                for detector, kind in bench_scenes.DETECTORS.items()
            }
            best = max(theirs, key=lambda detector: theirs[detector])
            goal = max(theirs[best], 0.96 if name == "labelled clips" else 0.0)
            yield Row(f"mean F1, {name}", f"{ours:.3f}", f"{best} {theirs[best]:.3f}", ours, goal, more_is_better=True)


def planning(_: Films) -> Iterator[Row]:
    """Tokens that a scene takes in the planner's table: by our estimate, and by GPT-4o's tokenizer where it is here."""
    counters = {"our estimate": bench_plan.estimated_tokens, **bench_plan.o200k_base()}
    for language, seen in bench_plan.SEEN.items():
        scenes = [scene.model_copy(update={"visual": seen}) for scene in described([75] * 300).scenes]
        text = footage_table(scenes)
        for name, count in counters.items():
            tokens = count(text) / len(scenes)
            yield Row(f"planning request, 300 scenes, {language}", f"{tokens:.1f} tokens a scene", name, tokens, 60)


def starting(_: Films) -> Iterator[Row]:
    """The start of the program, and what it loads."""
    python = [sys.executable, "-c"]
    bare = shortest(lambda: ran([*python, "pass"]), times=5)
    helped = shortest(lambda: ran([sys.executable, "-m", "autocut_director", "--help"]), times=5)
    imported = shortest(lambda: ran([*python, "import autocut_director"]), times=5)
    loaded = f"import autocut_director, sys; sys.exit(', '.join(m for m in {HEAVY} if m in sys.modules) or None)"
    ran([*python, loaded])  # fails where one is
    yield Row("autocut-director --help", f"{helped:.2f} s", f"python -c pass: {bare:.2f} s", helped, 0.4)
    over, without = imported - bare, f"loaded with it: none of {', '.join(HEAVY)}"
    yield Row("import autocut_director, over bare python", f"{over:.3f} s", without, over, 0.1)


# ---------------------------------------------------------------- measuring


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def shortest(work: Callable[[], object], *, times: int) -> float:
    """Seconds, the best of some rounds: what else the machine does only makes them longer."""
    return min(timed(work) for _ in range(times))


def in_turn(works: Sequence[Callable[[], object]], *, times: int) -> list[float]:
    """The best seconds of each; they take turns, so that a busy minute falls on all."""
    rounds = [[timed(work) for work in works] for _ in range(times)]
    return [min(took) for took in zip(*rounds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--footage", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed; the best counts")
    options = parser.parse_args()
    measures = {
        "starting": starting,
        "planning": planning,
        "describing": describing,
        "surveying": surveying,
        "stills": stills,
        "memory": memory,
        "finding": partial(finding, folder=options.footage),
    }
    table = Table("what", "took", "against, in the same run", "figure", "goal", "met")
    with tempfile.TemporaryDirectory() as scratch:
        made = Films(Path(scratch), options.rounds)
        for name, measure in measures.items():
            for row in measure(made) if not options.only or name in options.only else ():
                sign = "≥" if row.more_is_better else "≤"
                cells = f"{row.figure:.3f}" if row.more_is_better else f"{row.figure:.2f}", f"{sign} {row.goal:g}"
                table.add_row(row.what, row.took, row.against, *cells, "yes" if row.met else "NO")
                print(row, file=sys.stderr, flush=True)  # noqa: T201  # the table comes last, after a quarter of an hour
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
