"""An environment in which nothing is set up, and films that several tests share, made once a session."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import films
import pytest

from autocut_director.agent.settings import Settings
from autocut_director.tools.probe import Footage, probe_video


@pytest.fixture(scope="session")
def store_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stores of the tests are: never where whoever runs them has his own."""
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_set_up(store_folders: Path) -> Iterator[None]:
    """Whoever runs the tests may have servers, keys and a .env of his own: an empty value beats them all."""
    with pytest.MonkeyPatch.context() as patch:
        for field in Settings.model_fields.values():
            patch.setenv(str(field.alias), "")
        patch.setenv("LMSTUDIO_HOST", "http://127.0.0.1:9/v1")
        patch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
        patch.setenv("AUTOCUT_CACHE_DIR", str(store_folders / "of fixtures"))
        yield


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


@pytest.fixture(autouse=True)
def _a_store_of_its_own(store_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test had described must not spare another its requests; the store makes its folder at first use."""
    monkeypatch.setenv("AUTOCUT_CACHE_DIR", str(store_folders / uuid4().hex))
