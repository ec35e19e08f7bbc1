"""What the store takes and holds, and its end."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autocut_director.errors import InputError
from autocut_director.tools.store.database import (
    APPLICATION,
    ASIDE,
    BESIDE,
    FILE,
    UNUSABLE,
    opened,
    why_unusable,
)

_COUNT = "SELECT kind, count(*) FROM entries GROUP BY kind"
_FILMS = "SELECT count(DISTINCT film) FROM entries WHERE film != ''"
_MAGIC = b"SQLite format 3\x00"
_APPLICATION_AT = slice(68, 72)  # of a SQLite file's head
_HEAD = 100  # bytes


@dataclass(frozen=True)
class Holdings:
    """What a store takes on the disk, in bytes, and what is in it: how many films, and entries of each kind.

    `set_aside_bytes`: of the files that could not be read, which are kept beside it.
    """

    file: Path
    bytes: int
    set_aside_bytes: int = 0
    films: int = 0
    entries: Mapping[str, int] | None = None


def holdings(folder: Path) -> Holdings:
    """Find out what the store in `folder` takes and holds; `entries` is None where there is none.

    Raises:
        InputError: It cannot be read.
    """
    file = folder / FILE
    taken, aside = _bytes_of(folder, FILE), _bytes_of(folder, ASIDE)
    if not taken:
        return Holdings(file, 0, aside)
    try:
        with contextlib.closing(opened(file)) as database:
            films = database.execute(_FILMS).fetchone()[0]
            entries = dict(database.execute(_COUNT).fetchall())
    except UNUSABLE as exc:
        raise InputError(
            f"{file} cannot be read ({why_unusable(exc)}). To begin anew: autocut-director cache clear"
        ) from exc
    return Holdings(file, taken, aside, films, entries)


def clear(folder: Path) -> int:
    """Delete the store in `folder`, and what was set aside of it; return how many bytes that was.

    Raises:
        InputError: A file under its name is not ours, or cannot be deleted; then nothing is.
    """
    files = list(_files(folder, FILE, ASIDE))
    for file in files:
        _check_ours(file)
    total = sum(file.lstat().st_size for file in files)
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as exc:
            raise InputError(f"{file} cannot be deleted: {exc.strerror}. Is a run under way? End it first.") from exc
    return total


def _bytes_of(folder: Path, name: str) -> int:
    return sum(file.lstat().st_size for file in _files(folder, name))


def _files(folder: Path, *names: str) -> Iterator[Path]:
    """Yield the files that are there of the databases `names`; what SQLite wrote beside one comes after it."""
    for name in names:
        for ending in BESIDE:
            file = folder / f"{name}{ending}"
            if file.is_symlink() or file.exists():
                yield file


def _check_ours(file: Path) -> None:
    if file.is_symlink() or not file.is_file():
        raise InputError(f"{file} is no file of ours, so it was not deleted; have a look at it yourself.")
    with file.open("rb") as opened_file:
        head = opened_file.read(_HEAD)
    if head.startswith(_MAGIC) and head[_APPLICATION_AT] != APPLICATION.to_bytes(4):
        raise InputError(f"{file} is another program's database, so it was not deleted; move it away.")
