"""Scenes touch, cover the film, and begin where the shots do."""

import gc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import films
import numpy as np
import pytest

from autocut_director.tools.cuts.finding import find_cuts
from autocut_director.tools.cuts.looks import Look
from autocut_director.tools.frames import sample_frames
from autocut_director.tools.pictures import walk
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.signals import PictureSignals, decode_picture, measure_scene


def spans(footage: Footage, **options: float) -> list[tuple[int, int]]:
    return [(scene.start_frame, scene.end_frame) for scene in detect_scenes(footage, **options).scenes]


def test_cuts_are_found_to_the_frame(footage: Footage) -> None:
    assert spans(footage) == [(0, 40), (40, 75), (75, 125), (125, 155), (155, 200)]


def test_scenes_are_named_and_timed(footage: Footage) -> None:
    document = detect_scenes(footage)
    assert [scene.scene_id for scene in document.scenes] == ["S0001", "S0002", "S0003", "S0004", "S0005"]
    assert (document.scenes[1].start_tc, document.scenes[1].end_tc) == ("00:00:01:15", "00:00:03:00")
    assert document.meta.source == "detect"
    assert document.media.damaged_frames == 0


def test_a_film_without_a_cut_is_one_scene(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "one.mp4", shots=[60])
    assert spans(probe_video(film)) == [(0, 60)]


def test_a_film_of_one_frame_is_one_scene(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "one.mp4", shots=[1], sound=False)
    assert spans(probe_video(film)) == [(0, 1)]


def test_no_scene_is_shorter_than_the_minimum(footage: Footage) -> None:
    assert spans(footage, min_scene_seconds=1.4) == [(0, 40), (40, 75), (75, 125), (125, 200)]


def test_a_fade_through_black_parts_two_scenes(tmp_path: Path) -> None:
    def fade(number: int) -> float:
        return min(1.0, abs(number - 50) / 12)

    film = films.make_film(tmp_path / "fade.mp4", shots=[50, 50], light=fade)
    (_, first_end), (second_start, _) = spans(probe_video(film))
    assert first_end == second_start
    assert abs(first_end - 50) <= 6


RATES = [Fraction(12), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(120)]
Shot = Callable[..., list[np.ndarray]]


def shots(seed: int, rate: Fraction = Fraction(25)) -> Shot:
    """Takes of one place, in seconds, at one rate."""
    draw = np.random.default_rng(seed)
    tint = draw.uniform(60, 160, 3)
    return lambda seconds, move="still": films.take(draw, round(seconds * rate), move=move, rate=rate, tint=tint)


def starts(folder: Path, montage: films.Montage, rate: Fraction = Fraction(25)) -> list[int]:
    """The first frames of all scenes but the first of a montage, encoded. Scenes touch, and cover the film."""
    footage = probe_video(films.paint_film(folder / "montage.mp4", montage.pictures, rate=rate))
    found = spans(footage)
    assert [0, *(end for _, end in found)] == [*(start for start, _ in found), len(montage.pictures)]
    return [start for start, _ in found[1:]]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_cuts_are_found_at_every_rate(tmp_path: Path, rate: Fraction) -> None:
    shot = shots(1, rate)
    montage = films.Montage(shot(1.5, "pan")).cut(shot(1.5, "shaken")).cut(shot(0.4)).cut(shot(1.5, "zoom"))
    assert starts(tmp_path, montage, rate) == montage.cuts


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_a_dissolve_is_one_cut_at_every_rate(tmp_path: Path, rate: Fraction, seconds: float) -> None:
    shot = shots(2, rate)
    montage = films.Montage(shot(2, "pan")).dissolve(shot(3), round(seconds * rate)).cut(shot(1.5))
    dissolved, cut = starts(tmp_path, montage, rate)
    ((start, end),) = montage.transitions
    assert start < dissolved < end
    assert [cut] == montage.cuts


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("hold", [0, 0.2, 2])
def test_a_fade_is_one_cut_where_the_next_scene_appears(
    tmp_path: Path, rate: Fraction, level: int, hold: float
) -> None:
    shot, frames = shots(3, rate), round(rate / 2)
    montage = films.Montage(shot(1.5)).fade(shot(1.5, "pan"), frames, hold=round(hold * rate), level=level)
    (faded,) = starts(tmp_path, montage, rate)
    ((_, end),) = montage.transitions
    assert end - frames <= faded <= end - frames + max(2, rate / 8)


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_flash_is_no_cut(tmp_path: Path, rate: Fraction, frames: int) -> None:
    shot = shots(4, rate)
    montage = films.Montage(shot(3, "pan")).flash(round(rate), min(frames, round(rate / 8)), strength=250)
    assert starts(tmp_path, montage, rate) == []


def test_a_strobe_is_no_cut(tmp_path: Path) -> None:
    montage = films.Montage(shots(5)(4, "shaken"))
    for start in range(20, 80, 4):
        montage.flash(start, 2)
    assert starts(tmp_path, montage) == []


def test_a_flash_on_a_cut_hides_it_not(tmp_path: Path) -> None:
    shot = shots(6)
    montage = films.Montage(shot(1.5)).cut(shot(1.5)).flash(36, 3, strength=255)
    (found,) = starts(tmp_path, montage)
    assert abs(found - montage.cuts[0]) <= 3


@pytest.mark.parametrize("move", films.MOVES)
@pytest.mark.parametrize("seed", range(5))
def test_a_moving_camera_is_no_cut(tmp_path: Path, move: str, seed: int) -> None:
    assert starts(tmp_path, films.Montage(shots(seed)(4, move))) == []


def test_a_change_of_light_is_no_cut(tmp_path: Path) -> None:
    light = np.interp(np.arange(100), [30, 60, 80, 90], [1, 0.3, 0.3, 0.9])
    pictures = shots(7)(4, "shaken")
    dimmed = [(picture * share).astype(np.uint8) for picture, share in zip(pictures, light, strict=True)]
    assert starts(tmp_path, films.Montage(dimmed)) == []


def test_a_film_that_fades_in_and_out_is_one_scene(tmp_path: Path) -> None:
    light = np.interp(np.arange(125), [25, 45, 80, 100], [0, 1, 1, 0])
    pictures = shots(8)(5)
    faded = [(picture * share).astype(np.uint8) for picture, share in zip(pictures, light, strict=True)]
    assert starts(tmp_path, films.Montage(faded)) == []


def test_a_blink_is_no_cut(tmp_path: Path) -> None:
    pictures = shots(9)(3, "pan")
    for n in range(40, 44):
        pictures[n] = np.zeros_like(pictures[n])
    assert starts(tmp_path, films.Montage(pictures)) == []


STYLES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grey": lambda picture: cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
    "dark": lambda picture: (picture * 0.2).astype(np.uint8),
    "letterboxed": lambda picture: cv2.copyMakeBorder(picture[14:-14], 14, 14, 0, 0, cv2.BORDER_CONSTANT),
    "pillarboxed": lambda picture: cv2.copyMakeBorder(picture[:, 36:-36], 0, 0, 36, 36, cv2.BORDER_CONSTANT),
}


@pytest.mark.parametrize("style", STYLES)
def test_films_of_every_look_are_cut(tmp_path: Path, style: str) -> None:
    shot = shots(10)
    montage = films.Montage(shot(1.5, "pan")).cut(shot(1.5)).fade(shot(2, "zoom"), 10, hold=5, level=255)
    montage.dissolve(shot(2), 15).cut(shot(1))
    montage.pictures = [STYLES[style](picture) for picture in montage.pictures]
    first, faded, dissolved, last = starts(tmp_path, montage)
    assert [first, last] == montage.cuts
    for found, (start, end) in zip((faded, dissolved), montage.transitions, strict=True):
        assert start <= found <= end


def test_a_rate_that_varies_changes_nothing(tmp_path: Path) -> None:
    lengths = [40, 35, 50, 30]
    times = films.varying(sum(lengths))
    footage = probe_video(films.make_film(tmp_path / "vfr.mp4", shots=lengths, times=times, sound=False))
    cuts = [round((times[n]) * footage.rate) for n in (40, 75, 125)]
    assert [start for start, _ in spans(footage)[1:]] == cuts


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(60)], ids=str)
def test_cuts_are_told_within_a_second_from_few_looks(tmp_path: Path, rate: Fraction) -> None:
    shot = shots(11, rate)
    montage = films.Montage(shot(2)).cut(shot(2)).dissolve(shot(3), round(rate)).fade(shot(2), round(rate / 2))
    footage = probe_video(films.paint_film(tmp_path / "film.mp4", montage.pictures, rate=rate))
    given = 0

    def counted():
        nonlocal given
        for given, picture in enumerate(walk(footage)):  # noqa: B007
            yield picture

    found = []
    for cut in find_cuts(counted(), rate):
        found.append(cut)
        assert given - cut <= rate or given == len(montage.pictures) - 1
        assert sum(isinstance(thing, Look) for thing in gc.get_objects()) <= 1.5 * rate
    assert len(found) == 3


def test_corrupt_packets_are_counted(tmp_path: Path, film: Path) -> None:
    data = bytearray(film.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 3000] = bytes(3000)
    (tmp_path / "hurt.mp4").write_bytes(data)
    document = detect_scenes(probe_video(tmp_path / "hurt.mp4"))
    assert document.media.damaged_frames > 0
    assert document.scenes[-1].end_frame == document.media.duration_frames


def test_progress_reaches_the_end(footage: Footage) -> None:
    told: list[tuple[int, int]] = []
    detect_scenes(footage, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (200, 200)
    assert told == sorted(told)


def test_stills_are_of_their_own_scene(footage: Footage) -> None:
    """Each still carries its own frame number, in a JPEG of at most 512 pixels."""
    shots = sample_frames(footage, detect_scenes(footage).scenes, per_scene=3)
    for shot in shots:
        assert len(shot.frames) == 3
        for frame in shot.frames:
            image = decode_picture(frame.jpeg)
            assert image is not None
            assert films.number_of(image) == frame.index
            assert frame.jpeg.startswith(b"\xff\xd8")
            assert image.shape[:2] == (frame.height, frame.width)


def test_stills_are_shrunk_and_never_enlarged(tmp_path: Path, footage: Footage) -> None:
    large = probe_video(films.make_film(tmp_path / "large.mp4", shots=[10], size=(1280, 720), sound=False))
    (shot,) = sample_frames(large, detect_scenes(large).scenes)
    assert {(frame.width, frame.height) for frame in shot.frames} == {(512, 288)}
    (small, *_) = sample_frames(footage, detect_scenes(footage).scenes)
    assert {(frame.width, frame.height) for frame in small.frames} == {films.SIZE}


def painted(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((180, 320, 3), colour, np.uint8)


def test_signals_mean_what_they_say() -> None:
    black, white = PictureSignals(painted((0, 0, 0))), PictureSignals(painted((255, 255, 255)))
    assert (black.exposure, white.exposure, black.contrast, black.sharpness) == (0, 1, 0, 0)
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)
    soft = cv2.GaussianBlur(noise, (9, 9), 3)
    assert PictureSignals(noise).sharpness > 10 * PictureSignals(soft).sharpness
    assert PictureSignals(painted((10, 10, 240))).colourfulness > PictureSignals(painted((90, 90, 90))).colourfulness


@pytest.mark.parametrize(
    ("bgr", "name"),
    [
        ((20, 20, 230), "red"),
        ((20, 200, 20), "green"),
        ((230, 60, 20), "blue"),
        ((20, 220, 230), "yellow"),
        ((128, 128, 128), "grey"),
    ],
)
def test_the_main_colour_is_named(bgr: tuple[int, int, int], name: str) -> None:
    assert PictureSignals(painted(bgr)).colour == name


def test_what_moves_has_more_motion(tmp_path: Path) -> None:
    still = probe_video(films.make_film(tmp_path / "still.mp4", shots=[30], still=True, sound=False))
    moving = probe_video(films.make_film(tmp_path / "moving.mp4", shots=[30], sound=False))
    motions = []
    for footage in (still, moving):
        (shot,) = sample_frames(footage, detect_scenes(footage).scenes)
        signals = measure_scene(shot.frames)
        assert signals is not None
        assert signals.motion is not None
        motions.append(signals.motion)
    assert motions[0] < 0.001 < motions[1]
