"""What is to be done for each film of a batch: into which folder its results go."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unicodedata import normalize

BATCH = "batch.json"
"""The batch's account, in its folder."""


@dataclass(frozen=True)
class Job:
    """A film, and the folder that its results go into."""

    video: Path
    folder: Path


def jobs_of(films: Iterable[Path], out: Path, known: Mapping[str, str]) -> tuple[Job, ...]:
    """Give each film a folder under `out`, named as the film is; a name that is taken gets a number.

    Args:
        films: Absolute paths.
        out: The batch's folder.
        known: The folders that an earlier batch gave, by film: they stay as they are, whatever films have come since.
    """
    taken = {_compared(name) for name in (BATCH, *known.values())}
    jobs = []
    for film in films:
        name = known.get(str(film)) or _free_name(film.stem, taken)
        taken.add(_compared(name))
        jobs.append(Job(film, out / name))
    return tuple(jobs)


def _free_name(stem: str, taken: Collection[str]) -> str:
    wanted = stem.strip(". ") or "film"  # "..": the stem of "...mp4"; Windows takes no name that ends in either
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
    return next(name for name in names if _compared(name) not in taken)


def _compared(name: str) -> str:
    """Return a name as the least particular file system compares it: macOS and Windows see no case."""
    return normalize("NFC", name).casefold()
