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


@pytest.fixture
def settings_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's owner reaches the test."""
    for name in ("PROMPTS_DIR", "AUTOCUT_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
