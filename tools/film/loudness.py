"""How loud a film is, by EBU R 128, and what brings it to a wanted loudness."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autocut_director.errors import RenderError
from autocut_director.tools.film.ffmpeg import output_of

_REPORT = re.compile(r"\{[^{}]*\"input_i\"[^{}]*\}")
_HIGHEST_PEAK = -1.0  # dBTP: what EBU R 128 and web players ask
_LIMIT = 10 ** (-1.5 / 20)  # of full scale, between samples a little more is reached


@dataclass(frozen=True)
class Loudness:
    """Integrated loudness in LUFS, and true peak in dBTP; -inf where there is silence."""

    integrated: float
    peak: float

    def gain(self, target: float) -> float:
        """Return what is missing to `target` LUFS, in dB; 0 for silence."""
        return target - self.integrated if math.isfinite(self.integrated) else 0.0

    def filters(self, target: float) -> str:
        """Return ffmpeg's filters that bring the sound to `target` LUFS, its peaks held below -1 dBTP."""
        gain = self.gain(target)
        louder = f"volume={gain:.2f}dB"
        return (
            louder if self.peak + gain <= _HIGHEST_PEAK else f"{louder},alimiter=limit={_LIMIT:.4f}:level=0:latency=1"
        )


def measured(opened: Sequence[str], *, folder: Path) -> Loudness:
    """Measure the sound of a film that the arguments `opened` open for ffmpeg, working in `folder`.

    Raises:
        RenderError: ffmpeg failed, or said no loudness.
    """
    report = ["-vn", "-af", "loudnorm=print_format=json", "-f", "null", "-"]
    _, said = output_of([*opened, *report], folder=folder, level="info")
    match = _REPORT.search(said)
    if match is None:
        raise RenderError("ffmpeg measured no loudness; leave --loudness out.")
    found = json.loads(match[0])
    return Loudness(float(found["input_i"]), float(found["input_tp"]))
