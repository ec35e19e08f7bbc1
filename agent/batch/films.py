"""Which films a batch is about: those that are named, and those in the folders that are named."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from autocut_director.agent.run.folder import NAMES
from autocut_director.errors import InputError
from autocut_director.tools.probe import readable

SUFFIXES = frozenset(
    {".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"}
    | {".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"}
)
"""By these a film in a folder is known, whatever its letters' case. What is named itself may have any."""
_DIGITS = re.compile(r"(\d+)")


def films_in(paths: Iterable[Path], *, besides: Path) -> tuple[Path, ...]:
    """Return the films that `paths` name, as absolute paths.

    Files in the order given; those in folders, and in their folders, in natural order (2 before 10). Each file once,
    by whatever names it comes. Passed over in folders: hidden files, what lies under `besides`, and what a run left.

    Raises:
        InputError: What is named cannot be read, or is a folder that holds no film. A film in a folder is not looked at
            yet: what is wrong with it is its own failure.
    """
    films: dict[Path, Path] = {}
    for path in paths:
        found = _films_of(path, besides) if os.path.isdir(path) else [readable(path)]  # noqa: PTH112  # never raises
        for film in found:
            films.setdefault(film.resolve(), film)
    return tuple(films.values())


def _films_of(folder: Path, besides: Path) -> list[Path]:
    films = sorted(_walked(folder.absolute(), besides.resolve()), key=lambda film: _natural(film, folder.absolute()))
    if not films:
        raise InputError(f"{folder} holds no film ({' '.join(sorted(SUFFIXES))}); name a film, or another folder.")
    return films


def _walked(folder: Path, besides: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):  # links to folders are not followed: they may lead round
        at = Path(here)
        folders[:] = [name for name in folders if not name.startswith(".") and (at / name).resolve() != besides]
        own = set(NAMES.values()) if NAMES["run"] in names else set[str]()
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".") and name not in own:
                yield at / name


def _natural(film: Path, folder: Path) -> list[list[tuple[int, int, str]]]:
    """Return by what a film is put in order: numbers in names count as numbers, and letters' case does not."""
    return [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(step.casefold()) if part]
        for step in film.relative_to(folder).parts
    ]
