"""The contact picture: where each still stands, how large it is, and that none is lost, changed or enlarged."""

import numpy as np
import pytest

from autocut_director.errors import InputError
from autocut_director.tools.contact import Contact, contact_picture, needs_contact
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.signals import decode_picture
from autocut_director.tools.timeline import Scene

GREY = 128
LEVELS = [16 * n for n in range(1, 16) if n != 8] + [250, 4]  # one a still, each far from its neighbours and from grey


def shot(*sizes: tuple[int, int]) -> SceneFrames:
    """A scene with a still of each size (width, height), each of a level of its own."""
    scene = Scene(scene_id="S0001", start_frame=0, end_frame=len(sizes) * 10)
    return SceneFrames(scene, tuple(_still(n, size) for n, size in enumerate(sizes)))


def _still(number: int, size: tuple[int, int]) -> Frame:
    image = np.full((size[1], size[0], 3), LEVELS[number], np.uint8)
    return Frame("S0001", number * 10 + 5, to_jpeg(image), *size, None)


def pixels(contact: Contact) -> np.ndarray:
    image = decode_picture(contact.frame.jpeg)
    assert image is not None
    assert image.shape[:2] == (contact.frame.height, contact.frame.width)
    return image.astype(int)


WIDE, TALL, SQUARE, NEARLY = (512, 288), (288, 512), (512, 512), (512, 384)


@pytest.mark.parametrize(
    ("count", "size", "columns", "rows", "order"),
    [
        (2, WIDE, 1, 2, "from top to bottom"),
        (3, WIDE, 1, 3, "from top to bottom"),
        (3, TALL, 3, 1, "from left to right"),
        (3, NEARLY, 1, 3, "from top to bottom"),  # four places would be a little larger, and one of them empty
        (3, SQUARE, 2, 2, "row by row, each from left to right"),
        (3, (512, 214), 1, 3, "from top to bottom"),
        (4, WIDE, 2, 2, "row by row, each from left to right"),
        (5, WIDE, 2, 3, "row by row, each from left to right"),
        (6, TALL, 3, 2, "row by row, each from left to right"),
        (16, WIDE, 4, 4, "row by row, each from left to right"),
    ],
)
def test_each_still_stands_in_its_place_in_the_order_of_time(
    count: int, size: tuple[int, int], columns: int, rows: int, order: str
) -> None:
    contact = contact_picture(shot(*[size] * count))
    image = pixels(contact)
    assert contact.order == order
    assert max(image.shape) in range(505, 513)  # as large as a still, and no larger
    height, width = image.shape[0] / rows, image.shape[1] / columns
    corners = [divmod(n, columns) for n in range(rows * columns)]
    middles = [image[int((row + 0.5) * height), int((column + 0.5) * width)] for row, column in corners]
    levels = [*LEVELS[:count], *[GREY] * (rows * columns - count)]
    for middle, level in zip(middles, levels, strict=True):
        assert np.abs(middle - level).max() <= 2


def test_a_grey_line_parts_the_stills() -> None:
    column = pixels(contact_picture(shot(WIDE, WIDE, WIDE)))[:, 100, 0]
    parts = [column[:166], column[166:172], column[172:338], column[338:344], column[344:]]
    levels = [LEVELS[0], GREY, LEVELS[1], GREY, LEVELS[2]]
    assert [abs(part.mean() - level) < 4 for part, level in zip(parts, levels, strict=True)] == [True] * 5


@pytest.mark.parametrize("size", [WIDE, TALL, (512, 214)])
def test_a_still_keeps_its_shape(size: tuple[int, int]) -> None:
    frame = contact_picture(shot(size, size, size)).frame
    wide = size[0] > size[1]
    width, height = (frame.width, (frame.height - 12) / 3) if wide else ((frame.width - 12) / 3, frame.height)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)


def test_small_stills_are_not_enlarged() -> None:
    frame = contact_picture(shot((96, 64), (96, 64), (96, 64))).frame
    assert (frame.width, frame.height) == (96, 3 * 64 + 2 * 6)


def test_a_still_of_another_shape_stands_whole_in_the_middle_of_its_place() -> None:
    image = pixels(contact_picture(shot(WIDE, TALL, WIDE)))
    middle = image[image.shape[0] // 2, :, 0]
    seen = np.flatnonzero(np.abs(middle - LEVELS[1]) <= 2)
    assert len(seen) in range(85, 97)  # a place is 166 high, so the still is 94 wide
    assert seen.mean() == pytest.approx(len(middle) / 2, abs=1)
    assert np.abs(middle[:90] - GREY).max() <= 3


def test_the_same_stills_make_the_same_bytes_and_stand_for_their_scene() -> None:
    first, again = contact_picture(shot(WIDE, WIDE)), contact_picture(shot(WIDE, WIDE))
    assert first.frame.jpeg == again.frame.jpeg
    assert first.frame.jpeg.startswith(b"\xff\xd8\xff")
    assert (first.frame.scene_id, first.frame.index, first.frame.motion) == ("S0001", 5, None)


def test_another_order_is_another_picture() -> None:
    there = shot(WIDE, WIDE, WIDE)
    back = SceneFrames(there.scene, there.frames[::-1])
    assert contact_picture(there).frame.digest != contact_picture(back).frame.digest


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8", b"no picture"])
def test_a_still_that_is_no_picture_is_named(broken: bytes) -> None:
    sound = shot(WIDE, WIDE)
    frames = (sound.frames[0], Frame("S0001", 15, broken, 512, 288, None))
    said = rf"still of frame 15 in scene S0001 is no picture that can be read \({len(broken)} bytes\).*--no-cache"
    with pytest.raises(InputError, match=said):
        contact_picture(SceneFrames(sound.scene, frames))


@pytest.mark.parametrize(("stills", "images", "needed"), [(1, 1, False), (2, 1, True), (3, 3, False), (3, None, False)])
def test_only_what_is_more_than_a_request_takes_becomes_one_picture(
    stills: int, images: int | None, needed: bool
) -> None:
    assert needs_contact(stills, images) is needed
