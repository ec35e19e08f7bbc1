"""The contact sheet: the edit as one picture for chat and mail, its clips in their order, and what was left out.

`sheet_plan` (where things stand, on `grid`s) → stills and bars, by OpenCV → `sheet_texts`, by the film's own engine
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from autocut_director.tools.files import replacing
from autocut_director.tools.film.labels import write_on
from autocut_director.tools.film.script import Box
from autocut_director.tools.frames import Frame
from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import decode_picture
from autocut_director.tools.storyboard.board import Storyboard
from autocut_director.tools.storyboard.grid import WIDTH
from autocut_director.tools.storyboard.sheet_plan import SheetPlan, Still
from autocut_director.tools.storyboard.sheet_texts import PURPOSES, SheetTexts
from autocut_director.tools.storyboard.words import words_of

_PAPER, _BAR = (242, 245, 246), (221, 228, 231)  # blue, green, red: the page's by day
_ROUNDED = 4  # pixels
_EDGE = 5  # pixels: the line under a clip's still, of its colour
_LEVELS = np.minimum(255, (np.arange(256) + 2) // 4 * 4).astype(np.uint8)
"""What each level of a still becomes: a PNG keeps noise that nobody sees at full price, a quarter of its bytes."""
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 4]  # 9 takes ten times as long for six hundredths


def write_sheet(board: Storyboard, out: Path) -> Path:
    """Write the contact sheet to `out` (PNG).

    Raises:
        OutputError: It cannot be written there.
        RenderError: ffmpeg, which draws its texts, failed.
    """
    data = cv2.imencode(".png", sheet_picture(board), _PNG)[1].tobytes()
    with replacing(out) as part:
        part.write_bytes(data)
    return out


def sheet_picture(board: Storyboard) -> Image:
    """Return the contact sheet: 1440 pixels wide, at most 4000 high.

    Raises:
        RenderError: ffmpeg failed.
    """
    sheet = SheetPlan(board)
    image = np.full((sheet.height, WIDTH, 3), _PAPER, np.uint8)
    for still in sheet.stills:
        _put(image, still, board.pictures.get(still.scene_id, ()))
    _colour(image, sheet)
    with tempfile.TemporaryDirectory(prefix="autocut-") as scratch:
        write_on(image, list(SheetTexts(sheet, words_of(board.language)).all()), Path(scratch))
    return image


def _colour(image: Image, sheet: SheetPlan) -> None:
    """Say by colours what each clip is for: in the bar of all lengths, under its still, and behind its number."""
    for clip, box in sheet.rhythm():
        image[box.inside] = PURPOSES[clip.purpose]
    for number, clip in enumerate(sheet.clips):
        left, top, width, height = sheet.grid.still(number)
        for box in (sheet.chip(number), Box(left, top + height - _EDGE, width, _EDGE)):
            image[box.inside] = PURPOSES[clip.purpose]


def _put(image: Image, still: Still, frames: Sequence[Frame]) -> None:
    """Put the one of a scene's frames that is nearest to the wanted one into its place, whole."""
    image[still.box.inside] = _BAR
    near = sorted(frames, key=lambda frame: abs(frame.index - still.frame))
    picture = decode_picture(near[0].jpeg) if near else None
    if picture is None:
        return
    at = _fitted(picture.shape[1] / picture.shape[0], still.box)
    method = cv2.INTER_AREA if at.width < picture.shape[1] else cv2.INTER_CUBIC
    image[at.inside] = _LEVELS[cv2.resize(picture, (at.width, at.height), interpolation=method)]


def _fitted(aspect: float, box: Box) -> Box:
    """Return the middle of `box` that a picture of `aspect` fills; all of it, where only rounding is between them."""
    width, height = (
        max(1, min(box.width, round(box.height * aspect))),
        max(1, min(box.height, round(box.width / aspect))),
    )
    if box.width - width + box.height - height <= _ROUNDED:
        return box
    return Box(box.left + (box.width - width) // 2, box.top + (box.height - height) // 2, width, height)
