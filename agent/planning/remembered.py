"""Answers of planners remembered between runs, in LangChain's standard cache: extra `community`, off by default.

A question that is byte-identical to an earlier one, asked of the same model with the same options, is answered from the
file, and costs nothing. Nothing else imports langchain-community, which is being sunset and says so.
"""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from autocut_director.errors import InputError

REMEMBERED = "autocut_remembered"
"""The key in an answer's `response_metadata` by which one that was remembered is known: its tokens are not spent."""


class RememberedAnswers(BaseCache):
    """A file of answers. `signature` is put to LangChain's own key, which for some models lacks their very name."""

    def __init__(self, path: Path, signature: str) -> None:
        """Open the file at `path`, or make it.

        Raises:
            InputError: The extra `community` is not installed, or the file cannot be used.
        """
        self._inner = _opened(path)
        self._signature = signature

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """Return the remembered answer, marked as such."""
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of the reader that it uses for what it wrote itself: "beta", "will change"
            found: Sequence[Generation] | None = self._inner.lookup(prompt, self._key(llm_string))
        return None if found is None else [_marked(generation) for generation in found]

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Remember an answer, if it is one: what is blank or was cut short is better asked again."""
        if all(_is_whole(generation) for generation in return_val):
            self._inner.update(prompt, self._key(llm_string), return_val)

    def clear(self, **kwargs: Any) -> None:
        """Forget everything."""
        self._inner.clear(**kwargs)

    def _key(self, llm_string: str) -> str:
        return f"{self._signature}\n{llm_string}"


def _opened(path: Path) -> BaseCache:
    if find_spec("langchain_community") is None:
        raise InputError('AUTOCUT_PLAN_CACHE needs an extra: pip install "autocut-director[community]"')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that the package is being sunset: known, and said above
        from langchain_community.cache import SQLiteCache
        from sqlalchemy.exc import SQLAlchemyError
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        cache: BaseCache = SQLiteCache(str(path))
    except (OSError, SQLAlchemyError) as exc:
        said = " ".join(str(getattr(exc, "orig", exc)).split())[:120]
        raise InputError(f"AUTOCUT_PLAN_CACHE={path} cannot be used ({said}); remove it, or name another.") from exc
    return cache


def _is_whole(generation: Generation) -> bool:
    told = generation.message.response_metadata if isinstance(generation, ChatGeneration) else {}
    return bool(generation.text.strip()) and "length" not in {told.get("finish_reason"), told.get("done_reason")}


def _marked(generation: Generation) -> Generation:
    if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
        metadata = {**generation.message.response_metadata, REMEMBERED: True}
        message = generation.message.model_copy(update={"response_metadata": metadata})
        return generation.model_copy(update={"message": message})
    return generation
