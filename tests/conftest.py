"""Films that several tests share, made once a session."""

from pathlib import Path

import films
import pytest

from autocut_director.tools.probe import Footage, probe_video


@pytest.fixture(scope="session")
def film_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="session")
def film(film_folder: Path) -> Path:
    """Five shots, 200 frames, 25 a second, with a beep every second."""
    return films.make_film(film_folder / "five shots.mp4")


@pytest.fixture(scope="session")
def footage(film: Path) -> Footage:
    return probe_video(film)
