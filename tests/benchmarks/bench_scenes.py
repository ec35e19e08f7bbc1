"""Scene detection against PySceneDetect's own detectors, on the same films in the same run.

    python tests/benchmarks/bench_scenes.py [--footage DIR]

F1 counts hard cuts with one frame of tolerance; what lies within 20 frames of a gradual transition counts neither way.
Films are made here; `--footage DIR` adds the clips that DIR/cuts.json labels. Seconds are a ratio to `detect()`.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import scenedetect
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import films

from autocut_director.tools.probe import probe_video
from autocut_director.tools.scenes import detect_scenes

TOLERANCE, NEAR_GRADUAL = 1, 20  # frames


@dataclass(frozen=True)
class Clip:
    path: Path
    hard: Sequence[int]
    gradual: Sequence[int]


def made(folder: Path) -> list[Clip]:
    shots = [40, 35, 50, 9, 45, 60, 12, 33]
    cuts = [sum(shots[:n]) for n in range(1, len(shots))]
    fade = films.make_film(
        folder / "fade.mp4", shots=[60, 60, 50], light=lambda n: min(1.0, abs(n - 60) / 12), sound=False
    )
    return [
        Clip(films.make_film(folder / "shots.mp4", shots=shots, sound=False), cuts, []),
        Clip(fade, [120], [60]),
        Clip(films.make_film(folder / "one.mp4", shots=[200], sound=False), [], []),
    ]


def labelled(folder: Path) -> list[Clip]:
    cuts = json.loads((folder / "cuts.json").read_text(encoding="utf-8"))
    return [Clip(folder / name, c["hard_cut_first_frame"], c["gradual_around_frame"]) for name, c in cuts.items()]


def ours(path: Path) -> list[int]:
    return [scene.start_frame for scene in detect_scenes(probe_video(path)).scenes[1:]]


def theirs(detector: type) -> Callable[[Path], list[int]]:
    def detect(path: Path) -> list[int]:
        found = scenedetect.detect(str(path), detector(), start_in_scene=True)
        return [start.frame_num for start, _ in found[1:]]

    return detect


def f1(found: Sequence[int], clip: Clip) -> float:
    hits = {cut for cut in clip.hard if any(abs(cut - frame) <= TOLERANCE for frame in found)}
    true = [frame for frame in found if any(abs(frame - cut) <= TOLERANCE for cut in clip.hard)]
    excused = [f for f in found if f not in true and any(abs(f - g) <= NEAR_GRADUAL for g in clip.gradual)]
    wrong = len(found) - len(excused) - len(hits)
    missed = len(clip.hard) - len(hits)
    return 2 * len(hits) / (2 * len(hits) + wrong + missed) if hits or wrong or missed else 1.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--footage", type=Path)
    folder = parser.parse_args().footage
    detectors = {
        "AutoCut Director": ours,
        "AdaptiveDetector": theirs(scenedetect.AdaptiveDetector),
        "ContentDetector": theirs(scenedetect.ContentDetector),
        "HistogramDetector": theirs(scenedetect.HistogramDetector),
    }
    with tempfile.TemporaryDirectory() as scratch:
        sets = {"made": made(Path(scratch)), **({"labelled": labelled(folder)} if folder else {})}
        table = Table("detector", *(f"mean F1, {name}" for name in sets), *(f"seconds, {name}" for name in sets))
        for name, detect in detectors.items():
            marks, seconds = [], []
            for clips in sets.values():
                started = time.perf_counter()
                marks.append(mean(f1(detect(clip.path), clip) for clip in clips))
                seconds.append(time.perf_counter() - started)
            table.add_row(name, *(f"{mark:.3f}" for mark in marks), *(f"{second:.2f}" for second in seconds))
    Console().print(table)


if __name__ == "__main__":
    main()
