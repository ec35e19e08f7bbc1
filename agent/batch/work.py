"""One film of a batch: done, unless it was before; whatever goes wrong with it stays with it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import Runnable

from autocut_director.agent.batch.account import FilmAccount
from autocut_director.agent.batch.jobs import Job
from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.finished import finished_account
from autocut_director.agent.run.request import DirectRequest, read_request
from autocut_director.agent.run.stages import DirectorResult
from autocut_director.errors import AutoCutError, DocumentError
from autocut_director.tools.probe import digest_of, readable

_OUR_FAULT = 1
_NOT_OF_THE_RESULT = {"video", "out", "overwrite", "strict"}
"""Options by which the same film's results are no others."""


def waiting(job: Job) -> FilmAccount:
    """Return the account of a film that is not begun."""
    return FilmAccount(video=str(job.video), folder=job.folder.name)


def request_for(job: Job, options: Mapping[str, Any]) -> DirectRequest:
    """Return what is asked for one film.

    Raises:
        InputError: An option that does not exist, or a value that it cannot have.
    """
    return read_request({**options, "video": job.video, "out": job.folder})


def worked(
    director: Runnable[Mapping[str, Any], DirectorResult],
    job: Job,
    options: Mapping[str, Any],
    watchers: Sequence[BaseCallbackHandler] = (),
) -> FilmAccount:
    """Do one film, and return what became of it. Only an interrupt is raised: one film's failure is its own."""
    started, film = time.monotonic(), waiting(job)
    try:
        request = request_for(job, options)
        known = _done_before(request)
        run = known or _directed(director, request, watchers)
        if request.strict:
            run.refuse_degraded()
    except AutoCutError as exc:
        return film.failed(str(exc), seconds=_since(started), exit_status=exc.exit_status)
    except Exception as exc:  # noqa: BLE001  # our own fault with this film; it is said as such, and the others go on
        said = f"Our own fault: {type(exc).__name__}: {exc}. Run direct with --debug on this film and report it."
        return film.failed(said, seconds=_since(started), exit_status=_OUR_FAULT)
    return film.done(run, seconds=_since(started), before=known is not None)


def _directed(
    director: Runnable[Mapping[str, Any], DirectorResult],
    request: DirectRequest,
    watchers: Sequence[BaseCallbackHandler],
) -> RunAccount:
    asked = {name: value for name, value in dict(request).items() if name != "strict"}
    return director.invoke(asked, {"callbacks": list(watchers)}).run


def _done_before(request: DirectRequest) -> RunAccount | None:
    """Return the finished run of this very film with this very request, where its files are all there.

    One that is degraded is none under `strict`: what stood in then may not have to now.

    Raises:
        VideoError: The film cannot be read.
    """
    if request.overwrite or request.out is None:
        return None
    try:
        run = finished_account(request.out)
    except DocumentError:
        return None
    whole = all((request.out / name).is_file() for name in run.files.values())
    if not whole or (request.strict and run.degraded) or _wish(run.request) != _wish(request.named()):
        return None
    return run if run.video and run.video.get("digest") == digest_of(readable(request.video)) else None


def _wish(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in _NOT_OF_THE_RESULT}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
