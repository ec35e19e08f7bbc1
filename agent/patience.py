"""When a backend that failed is asked again, and how long is waited before (tenacity): jitter, and Retry-After."""

import random
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from autocut_director.errors import BackendBusyError, BackendDownError, BackendFaultError, ModelUnloadedError

LONGEST_WAIT = 30.0
"""Seconds that are waited for a busy backend before the next is asked."""
_TRIES = 3
_WAIT = wait_random_exponential(multiplier=0.2, max=5)
_JITTER = 0.2  # seconds: so that requests that were refused together do not come back together
_PASSING = (BackendDownError, BackendBusyError, BackendFaultError, ModelUnloadedError)


def may_pass(exc: BaseException) -> bool:
    """Tell whether asking again may help: never after a time-out, nor where it would be waited too long."""
    if isinstance(exc, BackendBusyError) and (exc.retry_after or 0.0) > LONGEST_WAIT:
        return False
    return isinstance(exc, _PASSING)


def patient(worth_another_try: Callable[[BaseException], bool] = may_pass) -> Retrying:
    """Return what calls a function, again where that may help; the last error is raised as it is."""
    return Retrying(
        retry=retry_if_exception(worth_another_try), stop=stop_after_attempt(_TRIES), wait=_pause, reraise=True
    )


def _pause(state: RetryCallState) -> float:
    """Return the seconds before another try: what the server wished, else a growing random time."""
    exc = state.outcome.exception() if state.outcome is not None else None
    wished = exc.retry_after if isinstance(exc, BackendBusyError) else None
    return _WAIT(state) if wished is None else wished + random.uniform(0, _JITTER)  # noqa: S311  # no secret
