"""The one table that turns what model servers and their clients raise into errors of ours.

Messages name the status and the server's own words; a secret in them is blotted out.
"""

import email.utils
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import ollama
import openai
from langchain_core.callbacks import dispatch_custom_event
from langchain_core.exceptions import ContextOverflowError
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from autocut_director.errors import (
    AnswerError,
    BackendBusyError,
    BackendDownError,
    BackendError,
    BackendFaultError,
    BackendRefusedError,
    BackendTimeoutError,
    ModelUnloadedError,
)
from autocut_director.tools.describe import LOST_TOKENS

# How LM Studio and llama.cpp say that a model left the memory: seen in their issue trackers.
_UNLOADED = re.compile(
    r"model (?:was |is )?(?:unloaded|not loaded)|no models? (?:is |are )?loaded|model has crashed", re.IGNORECASE
)
_NO_BALANCE = re.compile(r"insufficient[_ ](?:quota|balance)", re.IGNORECASE)
_Translator = Callable[[Any, tuple[str, ...]], BackendError]
_LONGEST = 200  # characters of a server's own words

_UNAUTHORISED, _PAYMENT, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _BUSY, _INSIDE = 401, 402, 403, 404, 429, 503, 500
_NEVER_SAID = {
    _UNAUTHORISED: "it refuses the key",
    _PAYMENT: "the account has no balance",
    _FORBIDDEN: "the key may not do this",
}  # their own words may repeat the key


@contextmanager
def translated(secrets: Iterable[str] = ()) -> Iterator[None]:
    """Translate what asking a model raises.

    Raises:
        BackendError: One of its children, in place of the client's error.
    """
    try:
        yield
    except tuple(_TABLE) as exc:
        translate = next(to for source, to in _TABLE.items() if isinstance(exc, source))
        raise translate(exc, tuple(secrets)) from exc


def _status(exc: Any, secrets: tuple[str, ...]) -> BackendError:
    """Translate an HTTP status, as OpenAI's client and Ollama's carry it."""
    status, said = int(exc.status_code), _blotted(_words(exc), secrets)
    told = f"{_NEVER_SAID.get(status, said)} (HTTP {status})"
    if _UNLOADED.search(said):
        return ModelUnloadedError(told)
    broke = _NO_BALANCE.search(f"{said} {getattr(exc, 'code', '')}")  # OpenAI says it beside its words
    if (status == _TOO_MANY and not broke) or status == _BUSY:
        return BackendBusyError(told, _retry_after(exc))
    if status >= _INSIDE:
        return BackendFaultError(told)
    for_good = status in {_UNAUTHORISED, _PAYMENT, _FORBIDDEN, _NOT_FOUND, _TOO_MANY}
    return BackendRefusedError(told, for_good=for_good)


def _words(exc: Any) -> str:
    """Return a server's own words: LM Studio's `{"error": "…"}` is in the body, not in the message."""
    body = getattr(exc, "body", None) or getattr(exc, "error", None) or str(exc)
    if isinstance(body, dict):
        body = body.get("message") or body.get("error") or body
    return " ".join(str(body).split())[:_LONGEST]


def _retry_after(exc: Any) -> float | None:
    """Return the seconds in a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    response = getattr(exc, "response", None)
    said = response.headers.get("retry-after") if response is not None else None
    if said is None:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return float(said)
    parsed = email.utils.parsedate_tz(said)
    return None if parsed is None else max(0.0, email.utils.mktime_tz(parsed) - time.time())


def _said(kind: Callable[[str], BackendError], words: str = "") -> _Translator:
    def translate(exc: Any, secrets: tuple[str, ...]) -> BackendError:
        return kind(words or _blotted(f"{type(exc).__name__}: {_words(exc)}", secrets))

    return translate


def _blotted(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "•••") if secret else text
    return text


def _cut_short(exc: openai.LengthFinishReasonError, secrets: tuple[str, ...]) -> BackendError:
    """Translate the client's error for an answer that it will not hand over: what was said, and what it took."""
    usage = exc.completion.usage
    said = exc.completion.choices[0].message.content or "" if exc.completion.choices else ""
    return AnswerError(
        "the answer was cut short",
        kind="cut_short",
        answer=said,
        tokens=None if usage is None else (usage.prompt_tokens, usage.completion_tokens),
    )


def _declined(exc: Any, secrets: tuple[str, ...]) -> BackendError:
    return AnswerError("its content filter stopped the answer", kind="refused")


_NO_ANSWER = _said(BackendFaultError)
# The first line that fits is taken, so the special ones come first.
_TABLE: dict[type[Exception], _Translator] = {
    openai.APITimeoutError: _said(BackendTimeoutError, "no answer in time"),
    openai.APIConnectionError: _said(BackendDownError, "the connection failed"),
    ContextOverflowError: _said(BackendRefusedError, "the request is longer than the model's context"),
    openai.APIStatusError: _status,
    openai.LengthFinishReasonError: _cut_short,
    openai.ContentFilterFinishReasonError: _declined,
    openai.OpenAIError: _NO_ANSWER,
    ollama.ResponseError: _status,
    ollama.RequestError: _NO_ANSWER,
    httpx.TimeoutException: _said(BackendTimeoutError, "no answer in time"),
    httpx.HTTPError: _said(BackendDownError, "the connection failed"),
    ConnectionError: _said(BackendDownError, "the connection failed"),
    TimeoutError: _said(BackendTimeoutError, "no answer in time"),
    # HTTP 200 with an error, a page or a list in place of an answer surfaces as one of these in the clients.
    ValueError: _NO_ANSWER,
    TypeError: _NO_ANSWER,
    AttributeError: _NO_ANSWER,
    LookupError: _NO_ANSWER,
}


def translating(
    model: Runnable[Any, Any], *, name: str, model_name: str = "", secrets: Iterable[str] = ()
) -> Runnable[Any, Any]:
    """Return `model` as a Runnable that raises our errors in place of its client's.

    Tokens of an answer that the client throws away are told as a `lost_tokens` event, with the model's name.
    """
    hidden = tuple(secrets)

    def ask(messages: Any, config: RunnableConfig) -> Any:
        try:
            with translated(hidden):
                return model.invoke(messages, config)
        except AnswerError as exc:
            if exc.tokens is not None:
                dispatch_custom_event(LOST_TOKENS, {"model": model_name, "tokens": exc.tokens}, config=config)
            raise

    return RunnableLambda(ask, name=name)
