"""Scene detection against PySceneDetect's own detectors at their defaults, on the same films in the same run.

    python tests/benchmarks/bench_scenes.py [--footage DIR] [--films N]

Made films have cuts, shots of 0.3 s, dissolves of half a second to one, fades through black and white, flashes of one
to three frames, pans, swift pans, zooms, shaking hands, grain; some are dark, grey or letterboxed. What is called held
out served for nothing while the detector was made. `--footage DIR` adds the clips that DIR/cuts.json labels.

F1 takes hard cuts with one frame of tolerance. On made films a transition is one more cut, anywhere from three frames
before it to three after it, and a second one there is wrong; near a labelled one, 20 frames, anything goes.
Seconds are of detection alone (the probe is done before) on a film of 720p, the best of seven rounds; beside them stand
ratios to `detect()` with its default, AdaptiveDetector, and to ffmpeg, which only decodes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import mean

import cv2
import imageio_ffmpeg
import numpy as np
import scenedetect
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import films

from autocut_director.tools.probe import probe_video
from autocut_director.tools.scenes import detect_scenes

TOLERANCE, NEAR_TRANSITION, NEAR_GRADUAL = 1, 3, 20  # frames
KNOWN, HELD_OUT = 0, 1000  # the first seed of each set
RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60)]
STYLES = ("plain", "grey", "dark", "letterbox", "grain")
DETECTORS = {
    name: getattr(scenedetect, name)
    for name in ("AdaptiveDetector", "ContentDetector", "HashDetector", "HistogramDetector", "ThresholdDetector")
}


@dataclass(frozen=True)
class Clip:
    """A film and where its shots begin: hard cuts; transitions that count once; and about where others lie."""

    path: Path
    hard: Sequence[int]
    transitions: Sequence[tuple[int, int]] = ()
    gradual: Sequence[int] = ()


def made(folder: Path, first: int, count: int) -> list[Clip]:
    return [_made(folder / f"{seed}.mp4", seed) for seed in range(first, first + count)]


def _made(path: Path, seed: int) -> Clip:
    draw, rate = np.random.default_rng(seed), RATES[seed % len(RATES)]
    montage = _montage(draw, float(rate))
    style = STYLES[draw.integers(len(STYLES))]
    films.paint_film(path, (_styled(picture, style, draw) for picture in montage.pictures), rate=rate)
    return Clip(path, montage.cuts, montage.transitions)


def _montage(draw: np.random.Generator, rate: float, *, size: tuple[int, int] = (320, 180)) -> films.Montage:
    """Ten takes of one place, of 1.5 to 3 s or of 0.3 s, joined and flashed at by chance."""
    tint = draw.uniform(60, 160, 3)

    def take(seconds: float) -> list[np.ndarray]:
        move = films.MOVES[draw.integers(len(films.MOVES))]
        return films.take(draw, round(seconds * rate), move=move, rate=rate, tint=tint, size=size)

    montage = films.Montage(take(2))
    for _ in range(9):
        join = draw.choice(["cut", "short", "dissolve", "black", "white"], p=[0.4, 0.2, 0.2, 0.1, 0.1])
        if join == "short":
            montage.cut(take(0.3)).cut(take(2))
        elif join == "cut":
            montage.cut(take(draw.uniform(1.5, 3)))
        elif join == "dissolve":
            montage.dissolve(take(3), round(draw.uniform(0.48, 1) * rate))
        else:
            level, hold = 255 * (join == "white"), round(draw.uniform(0, 0.5) * rate)
            montage.fade(take(2.5), round(draw.uniform(0.3, 0.6) * rate), hold=hold, level=level)
        if draw.random() < 0.3:
            strength = int(draw.integers(60, 220))
            montage.flash(len(montage.pictures) - round(0.7 * rate), int(draw.integers(1, 4)), strength=strength)
    return montage


def _styled(picture: np.ndarray, style: str, draw: np.random.Generator) -> np.ndarray:
    if style == "grey":
        return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if style == "dark":
        return (picture * 0.22).astype(np.uint8)
    if style == "grain":
        return (picture + draw.normal(0, 12, picture.shape)).clip(0, 255).astype(np.uint8)
    if style == "letterbox":
        bar = picture.shape[0] // 8
        return cv2.copyMakeBorder(picture[bar:-bar], bar, bar, 0, 0, cv2.BORDER_CONSTANT)
    return picture


def labelled(folder: Path) -> list[Clip]:
    cuts = json.loads((folder / "cuts.json").read_text(encoding="utf-8"))
    return [
        Clip(folder / name, c["hard_cut_first_frame"], gradual=c["gradual_around_frame"]) for name, c in cuts.items()
    ]


def ours(path: Path) -> list[int]:
    return [scene.start_frame for scene in detect_scenes(probe_video(path)).scenes[1:]]


def theirs(detector: type) -> Callable[[Path], list[int]]:
    def detect(path: Path) -> list[int]:
        found = scenedetect.detect(str(path), detector(), start_in_scene=True)
        return [start.frame_num for start, _ in found[1:]]

    return detect


def f1(found: Sequence[int], clip: Clip) -> float:
    spans = [(cut - TOLERANCE, cut + TOLERANCE) for cut in clip.hard]
    spans += [(start - NEAR_TRANSITION, end + NEAR_TRANSITION) for start, end in clip.transitions]
    left = list(found)
    for start, end in spans:
        hit = next((frame for frame in left if start <= frame <= end), None)
        if hit is not None:
            left.remove(hit)
    hits = len(found) - len(left)
    wrong = sum(not any(abs(frame - g) <= NEAR_GRADUAL for g in clip.gradual) for frame in left)
    return 2 * hits / (hits + wrong + len(spans)) if spans or wrong else 1.0


def shortest(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds that each takes, the best of seven rounds: what else the machine does only makes them longer."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(7):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            took[name].append(time.perf_counter() - started)
    return {name: min(times) for name, times in took.items()}


def large(folder: Path) -> Path:
    """Sixteen seconds of 720p."""
    draw = np.random.default_rng(KNOWN)
    montage = films.Montage(films.take(draw, 100, move="pan", size=(1280, 720)))
    for move in ("shaken", "still", "zoom"):
        montage.cut(films.take(draw, 100, move=move, size=(1280, 720)))
    return films.paint_film(folder / "large.mp4", montage.pictures)


def decoded(path: Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    subprocess.run(command, check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--footage", type=Path)
    parser.add_argument("--films", type=int, default=12, help="how many are made for each set")
    options = parser.parse_args()
    detectors = {"AutoCut Director": ours, **{name: theirs(kind) for name, kind in DETECTORS.items()}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sets = {"made": made(folder, KNOWN, options.films), "held out": made(folder, HELD_OUT, options.films)}
        if options.footage:
            sets["labelled"] = labelled(options.footage)
        film = large(folder)
        alone = {"": partial(decoded, film), "AutoCut Director": partial(detect_scenes, probe_video(film))}
        took = shortest({name: partial(detect, film) for name, detect in detectors.items()} | alone)
        table = Table("detector", *(f"mean F1, {name}" for name in sets), "seconds, 720p", "to detect()", "to decoding")
        for name, detect in detectors.items():
            marks = [mean(f1(detect(clip.path), clip) for clip in clips) for clips in sets.values()]
            times = f"{took[name]:.2f}", f"{took[name] / took['AdaptiveDetector']:.2f}", f"{took[name] / took['']:.2f}"
            table.add_row(name, *(f"{mark:.3f}" for mark in marks), *times)
    Console().print(table)


if __name__ == "__main__":
    main()
