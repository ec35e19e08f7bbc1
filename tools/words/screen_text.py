"""What is written in a scene's pictures, read by RapidOCR on this machine (the extra `ocr`); nothing is downloaded.

`ScreenReader` (made once: its models take a second to load) → `read`, a scene's stills → `ScreenText` → `with_text`
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from autocut_director.errors import InputError
from autocut_director.tools.frames import Frame
from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import decode_picture
from autocut_director.tools.timeline import Signals
from autocut_director.tools.words.cues import is_wide, joined
from autocut_director.tools.words.onnx import forbid_telemetry
from autocut_director.tools.words.plain import printable

LONGEST_TEXT = 200
"""Characters that are kept of what is written in a scene."""

_SURE = 0.8  # RapidOCR's own mark, 0 to 1: below it, leaves and windows are read as letters
_ALIKE = 0.75  # of two texts: the same one, read in two stills
_SHORTER_EDGE = (
    288  # pixels: what a still has. RapidOCR enlarges to 736, which reads no better and takes three times as long
)
_SETTINGS = {
    "Global.log_level": "critical",
    "Global.text_score": _SURE,
    "Global.use_cls": False,  # nobody hangs a title upside down
    "Det.limit_side_len": _SHORTER_EDGE,
}


@dataclass(frozen=True)
class ScreenText:
    """What is written in a scene.

    `text`: each writing once, from above to below, in the order of the stills. `share`: of the frame's area that the
    writing takes, 0 to 1; the median over the stills.
    """

    text: str
    share: float


class ScreenReader:
    """Reads Chinese and English. Not for two threads at once.

    Raises:
        InputError: The extra `ocr` is not installed, or its weights are not with it.
    """

    def __init__(self) -> None:
        library = _library()
        self._ocr = library.RapidOCR(params={**_SETTINGS, **_weights(library)})

    def read(self, frames: Sequence[Frame]) -> ScreenText:
        """Read the stills of one scene."""
        stills = [image for frame in frames if (image := decode_picture(frame.jpeg)) is not None]
        read = [self._read(image) for image in stills]
        text = joined(_once(line for lines, _ in read for line in lines))
        shortened = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1].rstrip()}…"
        return ScreenText(shortened, round(median([share for _, share in read] or [0.0]), 4))

    def _read(self, image: Image) -> tuple[list[str], float]:
        """Return the lines in one picture, and the share of its area that they take."""
        found = self._ocr(image)
        if found.boxes is None or found.txts is None:
            return [], 0.0
        texts = [printable(text) for text in found.txts]
        kept = [(text, box) for text, box in zip(texts, found.boxes, strict=True) if _is_writing(text)]
        area = sum(cv2.contourArea(np.asarray(box, np.float32)) for _, box in kept)
        return [text for text, _ in kept], min(1.0, area / image[..., 0].size)


def available() -> bool:
    """Tell whether the extra `ocr` is installed."""
    try:
        _library()
    except InputError:
        return False
    return True


def with_text(signals: Signals | None, text: ScreenText) -> Signals | None:
    """Put what is written to what was measured of the same stills."""
    return signals and signals.model_copy(update={"text": text.text, "text_share": text.share})


def _library() -> Any:
    forbid_telemetry()
    try:
        import_module("onnxruntime")  # which RapidOCR would miss only with the first picture
        library = import_module("rapidocr")
    except ImportError as exc:
        msg = f'Reading what is written needs an extra ({exc}): pip install "autocut-director[ocr]"'
        raise InputError(msg) from exc
    _weights(library)
    return library


def _weights(library: Any) -> dict[str, str]:
    """Return the weights that came with the library, by the names of its settings: it downloads what is not named."""
    models = Path(library.__path__[0]) / "models"
    found = {f"{task}.model_path": sorted(models.glob(f"*_{task.lower()}_*.onnx")) for task in ("Det", "Rec")}
    if not all(found.values()):
        raise InputError(
            f'There are no weights in {models}, and they are not downloaded unasked: pip install -U "rapidocr>=3.10"'
        )
    return {name: str(paths[-1]) for name, paths in found.items()}


def _is_writing(text: str) -> bool:
    """Tell whether a line says something: a single letter is mostly a twig, a single Chinese character is a word."""
    letters = [mark for mark in text if mark.isalnum()]
    return len(letters) > 1 or any(is_wide(mark) for mark in letters)


def _once(lines: Iterable[str]) -> list[str]:
    """Return each line once; one that was read a little differently in another still is the same."""
    kept: list[str] = []
    for line in lines:
        if not any(SequenceMatcher(None, line.casefold(), other.casefold()).ratio() >= _ALIKE for other in kept):
            kept.append(line)
    return kept
