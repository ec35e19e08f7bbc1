"""Scenes touch, cover the film, and begin where the shots do."""

from pathlib import Path

import cv2
import films
import numpy as np
import pytest

from autocut_director.tools.frames import sample_frames, sample_positions
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.signals import decode_picture, measure_picture, measure_scene
from autocut_director.tools.timeline import Scene


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


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 7), (0, 50), (100, 103), (7, 1007)])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_stills_are_inside_the_scene_and_never_on_the_cut(start: int, end: int, count: int) -> None:
    positions = sample_positions(Scene(scene_id="S", start_frame=start, end_frame=end), count)
    assert positions == tuple(sorted(set(positions)))
    assert all(start <= position < end for position in positions)
    assert start not in positions or end - start == 1
    assert len(positions) == min(count, max(1, end - start - 1))


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
    black, white = measure_picture(painted((0, 0, 0))), measure_picture(painted((255, 255, 255)))
    assert (black.exposure, white.exposure, black.contrast, black.sharpness) == (0, 1, 0, 0)
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)
    soft = cv2.GaussianBlur(noise, (9, 9), 3)
    assert measure_picture(noise).sharpness > 10 * measure_picture(soft).sharpness
    assert measure_picture(painted((10, 10, 240))).colourfulness > measure_picture(painted((90, 90, 90))).colourfulness


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
    assert measure_picture(painted(bgr)).colour == name


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
