"""A batch: its films, its folder, and its account, written as each film ends."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autocut_director.agent.batch.account import BatchAccount, FilmAccount
from autocut_director.agent.batch.engine import Engine
from autocut_director.agent.batch.films import films_in
from autocut_director.agent.batch.jobs import BATCH, Job, jobs_of
from autocut_director.agent.batch.work import request_for, waiting
from autocut_director.agent.run.folder import make_room
from autocut_director.errors import DocumentError
from autocut_director.tools.files import read_json, to_json, write_text


class Batch:
    """The films of a batch, and what has become of them so far."""

    def __init__(self, jobs: Sequence[Job], out: Path, options: Mapping[str, Any]) -> None:
        self.jobs, self._out, self._options = tuple(jobs), out, dict(options)
        films = tuple(waiting(job) for job in jobs)
        self.account = BatchAccount.of(films, request=_named(self.jobs[0], options))

    def run(self, engine: Engine) -> Iterator[FilmAccount]:
        """Have `engine` do the films; yield what became of each as it is done. `batch.json` is always up to date.

        Raises:
            OutputError: `batch.json` cannot be written.
        """
        started = time.monotonic()
        self._write(self.account.model_copy(update={"engine": engine.name}))
        try:
            for place, film in engine.run(self.jobs, self._options):
                self._write(self.account.with_film(place, film, seconds=time.monotonic() - started))
                yield film
        finally:
            self._write(self.account.ended(seconds=time.monotonic() - started))

    def _write(self, account: BatchAccount) -> None:
        self.account = account
        write_text(self._out / BATCH, to_json(account))


def open_batch(paths: Iterable[Path], out: Path, options: Mapping[str, Any]) -> Batch:
    """Find the films in `paths`, and make `out` the batch's folder: new, empty, or an earlier batch's.

    `options` are the director's, but for `video` and `out`.

    Raises:
        InputError: There is no such path, no film, or an option is wrong.
        OutputError: `out` cannot be written, or holds something else and `overwrite` is off.
    """
    out = out.absolute()
    earlier = _earlier(out / BATCH)
    films = films_in(paths, besides=out)
    jobs = jobs_of(films, out, {film.video: film.folder for film in earlier.films} if earlier else {})
    batch = Batch(jobs, out, options)
    make_room(out, overwrite=earlier is not None or bool(options.get("overwrite")))
    return batch


def _earlier(file: Path) -> BatchAccount | None:
    try:
        return BatchAccount.model_validate(read_json(file))
    except (DocumentError, ValidationError):
        return None


def _named(job: Job, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request as the account keeps it; it holds for every film."""
    named = request_for(job, options).named()
    return {name: value for name, value in named.items() if name not in {"video", "out"}}
