"""How the film is named, and found again by its name."""

from pathlib import Path

import pytest

from autocut_director.errors import InputError
from autocut_director.tools.interchange.media_urls import media_name, media_url, names_film, path_of

PATHS = {
    "/films/a.mp4": "file:///films/a.mp4",
    "/films/a b#1 100%?.mp4": "file:///films/a%20b%231%20100%25%3F.mp4",
    "/films/假期/été.mp4": "file:///films/%E5%81%87%E6%9C%9F/%C3%A9t%C3%A9.mp4",
    r"C:\films\a b\假.mp4": "file:///C:/films/a%20b/%E5%81%87.mp4",
    r"\\nas\films\a.mp4": "file://nas/films/a.mp4",
}


@pytest.mark.parametrize(("path", "url"), PATHS.items())
def test_a_path_is_a_url(path: str, url: str) -> None:
    assert media_url(path) == url


@pytest.mark.parametrize("url", ["file:///films/a%20b.mp4", "file://localhost/films/a b.mp4", "file:/films/a%20b.mp4"])
def test_a_url_is_a_path_again(url: str) -> None:
    assert path_of(url) == "/films/a b.mp4"


def test_a_windows_url_has_no_slash_before_its_drive() -> None:
    assert path_of("file://localhost/C%3a/films/a.mp4") == "C:/films/a.mp4"


def test_a_path_that_is_no_url_is_left_alone() -> None:
    assert path_of("/films/100%25.mp4") == "/films/100%25.mp4"


def test_a_film_beside_or_above_is_named_from_the_folder(tmp_path: Path) -> None:
    assert media_url(str(tmp_path / "a b.mp4"), relative_to=tmp_path) == "a%20b.mp4"
    assert media_url(str(tmp_path / "a b.mp4"), relative_to=tmp_path / "cut") == "../a%20b.mp4"
    assert media_name(str(tmp_path / "a b.mp4"), relative_to=tmp_path) == "a b.mp4"
    assert media_url(str(tmp_path / "\udcff.mp4"), relative_to=tmp_path) == "%FF.mp4"
    assert media_url(str(tmp_path / "c:d.mp4"), relative_to=tmp_path) == "c%3Ad.mp4"


@pytest.mark.skipif(Path("/").drive != "", reason="on Windows, the folder may be on the film's drive")
def test_no_way_leads_from_here_to_a_drive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No relative path leads from"):
        media_url(r"C:\films\a.mp4", relative_to=tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "file:///else/Caf%C3%A9%201.MP4",
        "/else/Cafe\u0301 1.mp4",
        r"D:\else\Café 1.mp4",
        "café 1",
        "../Caf%C3%A9%201.mp4",
    ],
)
def test_a_film_is_known_by_its_name_wherever_it_lies(name: str) -> None:
    assert names_film(name, "/films/Café 1.mp4")


@pytest.mark.parametrize("name", ["", "Café", "Café 1.mov", "/films/Café 1.mp4/other.mp4", "1.mp4"])
def test_another_name_is_another_film(name: str) -> None:
    assert not names_film(name, "/films/Café 1.mp4")
