"""What goes wrong with a chat request, by name, for every stand-in: `role.fault = [None, busy, None]`.

A fault takes what the model would have said and the server, and gives what is said instead; several go one after the
other with `both`. What a model says wrongly still tells the colour of the pictures that it was sent.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from servers.loopback import Fault, HangUpError, Page, Reply, Role


def http_error(status: int, words: str, *, retry_after: float | None = None, as_date: bool = False) -> Fault:
    """An error in the server's own form. `retry_after`: seconds, sent as such or as a date."""

    def fault(_: Reply, role: Role) -> Reply:
        headers = {} if retry_after is None else {"Retry-After": _when(retry_after, as_date=as_date)}
        return Reply(page=role.refusal(status, words, headers))

    return fault


def _when(seconds: float, *, as_date: bool) -> str:
    if not as_date:
        return f"{seconds:g}"
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


broken = http_error(500, "Internal server error")
busy = http_error(503, "server busy, please try again.  maximum pending requests exceeded")
locked = http_error(401, "Invalid API key")
no_balance = http_error(402, "Insufficient Balance")


def throttled(retry_after: float, *, as_date: bool = False) -> Fault:
    """429, and when to come again."""
    return http_error(429, "Rate limit reached", retry_after=retry_after, as_date=as_date)


def hangs(_: Reply, role: Role) -> Reply:
    """Accepted and never answered, until the server ends."""
    role.ended.wait()
    raise HangUpError


def hangs_until(released: threading.Event) -> Fault:
    """Answered well, once `released` is set."""

    def fault(reply: Reply, role: Role) -> Reply:
        while not released.wait(0.02):
            if role.ended.is_set():
                raise HangUpError
        return reply

    return fault


def slow(seconds: float) -> Fault:
    """Answered well, after `seconds`."""

    def fault(reply: Reply, role: Role) -> Reply:
        role.ended.wait(seconds)
        return reply

    return fault


def drops(_: Reply, __: Role) -> Reply:
    """The connection is closed without an answer."""
    raise HangUpError


def breaks_off(reply: Reply, _: Role) -> Reply:
    """The connection is closed after half of the answer."""
    return replace(reply, cut=True)


def dies(*, back_after: float | None = None) -> Fault:
    """The server goes: nothing listens, every connection breaks. Back after so many seconds, or with `role.start()`."""

    def fault(_: Reply, role: Role) -> Reply:
        role.stop()
        if back_after is not None:
            again = threading.Timer(back_after, role.start)
            again.daemon = True
            again.start()
        raise HangUpError

    return fault


def evicted(_: Reply, role: Any) -> Reply:
    """LM Studio puts the model out of memory while it answers; the next request loads it anew."""
    role.shelf.unload()
    return Reply(page=role.refusal(400, "Model unloaded."))


def html_page(_: Reply, __: Role) -> Reply:
    """A proxy's page, with 200."""
    page = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"
    return Reply(page=Page(page, kind="text/html; charset=utf-8"))


def error_with_200(_: Reply, role: Role) -> Reply:
    """An error in the body of a success."""
    return Reply(page=replace(role.refusal(400, "The model has crashed without additional information."), status=200))


def says(change: Callable[[str], str]) -> Fault:
    """The model says something else; an error stays one."""

    def fault(reply: Reply, _: Role) -> Reply:
        return replace(reply, text=change(reply.text)) if reply.page is None else reply

    return fault


def _as_prose(text: str) -> str:
    return f"Certainly! In this image I can see {_words(text)}."


def _words(text: str) -> str:
    return next(iter(re.findall(r"a \w+ picture", text)), "something")


def _changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        data = _json(text)
        return json.dumps(change(data if isinstance(data, dict) else {"summary": _words(text)}))

    return changed


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


_OTHER_NAMES = {"summary": "Description", "shot_type": "shot size", "subjects": "objects", "quality_score": "rating"}

blank = says(lambda _: "")
whitespace = says(lambda _: " \n" * 200)
prose = says(_as_prose)
fenced = says(lambda text: f"Here is the JSON:\n```json\n{text}\n```\nHope this helps!")
thinks = says(lambda text: f"<think>The user wants {{}} as JSON. Let me look.</think>\n{text}")
renamed_keys = says(_changed(lambda data: {_OTHER_NAMES.get(name, name): value for name, value in data.items()}))
score_out_of_range = says(_changed(lambda data: {**data, "quality_score": 99}))
declines = says(lambda _: "I'm sorry, but I can't help with that image.")


def truncated(reply: Reply, _: Role) -> Reply:
    """Cut short by its limit of tokens, and it says so."""
    return replace(reply, text=reply.text[: len(reply.text) // 2], finish="length")


def refuses(reply: Reply, _: Role) -> Reply:
    """OpenAI's field for a refusal is filled, the content is null. Others have only words."""
    return replace(reply, text="", refusal="I'm sorry, I can't assist with that request.")


def both(first: Fault, second: Fault) -> Fault:
    """One fault, and another on top of it."""

    def fault(reply: Reply, role: Role) -> Reply:
        return second(first(reply, role), role)

    return fault


class Takes:
    """Answered well after `seconds`; `peak` is the most that were under way at once.

    One is under way as long as it is worked on, whether who asked is still there or not.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.peak = seconds, 0
        self._under_way, self._lock = 0, threading.Lock()

    def __call__(self, reply: Reply, role: Role) -> Reply:
        with self._lock:
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
        role.ended.wait(self.seconds)
        with self._lock:
            self._under_way -= 1
        return reply
