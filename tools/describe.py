"""A Runnable that describes one scene, over many scenes: side by side, one's failure never stops the others.

The Runnable is a router, a chat model behind the ladder, or the caller's own. What happens on the way to a description
(attempts, rungs, notices) comes as custom events, and is kept with the scene.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.callbacks import UsageMetadataCallbackHandler, dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import ContextThreadPoolExecutor, merge_configs

from autocut_director.errors import AnswerError, ExhaustedError
from autocut_director.interrupts import stop_if_asked
from autocut_director.tools.answers import believed
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Ladder, RungName
from autocut_director.tools.timeline import Scene, SceneDescription

LANGUAGE_NAMES = {"en": "English", "zh": "Simplified Chinese (简体中文)"}

Vision = Runnable[SceneFrames, SceneDescription]

_LONGEST_CAUSE = 400  # characters
_HARK_SECONDS = 0.2  # while models are waited for, a wish to stop is heard this often

ATTEMPT, ANSWER, CROSSING, NOTICE = "attempt", "answer", "crossing", "notice"
LOST_TOKENS = "lost_tokens"
"""Names of the custom events on the way to a description: one backend was asked (an `Attempt`); the rung that gave the
answer; frames begin to leave this machine; something that needs no action; tokens of an answer that was thrown away."""


Outcome = Literal["answered", "cached", "failed", "skipped"]


@dataclass(frozen=True)
class Attempt:
    """One backend asked for one scene, with `frames` stills.

    `cached`: not asked, since the store has its answer to these. `skipped`: not asked, since it had failed before.
    `host`: the server that was asked, with its port.
    """

    backend: str
    model: str
    outcome: Outcome
    frames: int = 0
    seconds: float = 0.0
    error: str = ""
    host: str = ""


@dataclass(frozen=True)
class Look:
    """What came of looking at one scene: a description or a cause, and what it took. `frames`: stills shown at most.

    `tokens` are (input, output) by model name, over all attempts. `crossing` is what was said when frames began to
    leave the machine for this scene. `gave_out`: a backend failed, not only an answer.
    """

    scene_id: str
    frames: int
    seconds: float
    description: SceneDescription | None = None
    error: str | None = None
    rung: RungName | None = None
    repaired: bool = False
    attempts: tuple[Attempt, ...] = ()
    crossing: str = ""
    gave_out: bool = False
    tokens: tuple[tuple[str, int, int], ...] = ()

    @property
    def cached(self) -> bool:
        """Whether the description is one that the store had."""
        return any(attempt.outcome == "cached" for attempt in self.attempts)

    @property
    def input_tokens(self) -> int:
        """Tokens sent, over all attempts."""
        return sum(sent for _, sent, _ in self.tokens)

    @property
    def output_tokens(self) -> int:
        """Tokens answered, over all attempts."""
        return sum(said for _, _, said in self.tokens)


def make_describer(ladder: Ladder) -> Vision:
    """Make the Runnable that describes one scene with the ladder's model.

    Raises, when invoked:
        AnswerError: The model answered with something that is no description.
    """

    def describe(shot: SceneFrames, config: RunnableConfig) -> SceneDescription:
        answer = ladder.describe(shot, config)
        dispatch_custom_event(ANSWER, {"rung": answer.rung, "repaired": answer.repaired}, config=config)
        return answer.description

    return RunnableLambda(describe, name="describe_scene")


Admits = Callable[[SceneFrames], bool]
"""Tells whether a scene may be looked at now."""


def always(_: SceneFrames) -> bool:
    """Admit every scene."""
    return True


def describe_scenes(  # noqa: PLR0913  # each is for a caller of another kind, and has its default
    vision: Vision,
    shots: Iterable[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
    admits: Admits = always,
) -> tuple[Look, ...]:
    """Look at each of `shots` with `vision`, `parallel` at a time; tell `on_look` of each as it is done.

    They are looked at in the order given, and may still be in the making: then they are taken a few before their turn,
    and no more of them. One that `admits` turns away while no other is under way ends the looking.

    Returns:
        One `Look` a shot that was looked at, in the order given. A failed one has its cause in `error`.
    """
    line, looks = _Line(shots, config, parallel, admits), dict[int, Look]()
    for turn, outcome in _as_completed(vision, line):
        looks[turn.number] = _told(_look(turn, outcome), on_look)
    return tuple(looks[number] for number in sorted(looks))


@dataclass(frozen=True)
class _Turn:
    """A scene whose turn it is: its number, the watch over it, and the configuration that carries the watch."""

    number: int
    shot: SceneFrames
    watch: "_Watch"
    config: RunnableConfig


class _Line:
    """The scenes whose turn has not come. Takes them from where they are made, one by one."""

    def __init__(
        self, shots: Iterable[SceneFrames], config: RunnableConfig | None, parallel: int, admits: Admits
    ) -> None:
        self.at_once = (config or {}).get("max_concurrency") or parallel  # the caller's own bound comes first
        # What is in the making takes a while: so as many again are begun as are looked at, and wait for a worker.
        self.under_way = self.at_once if isinstance(shots, Sequence) else 2 * self.at_once
        self._config, self._admits = config, admits
        self._shots, self._number = iter(shots), 0
        self._next: SceneFrames | None = None

    def turn(self) -> "_Turn | None":
        """Return the next scene; None where there is none, or where it is not admitted now."""
        self._next = self._next or next(self._shots, None)
        if self._next is None or not self._admits(self._next):
            return None
        shot, self._next, watch = self._next, None, _Watch()
        self._number += 1
        return _Turn(self._number, shot, watch, _with_watch(self._config, shot, watch, self.at_once))


def _as_completed(vision: Vision, line: _Line) -> Iterator[tuple[_Turn, Any]]:
    """Yield each turn with its description or exception as it is done.

    As LangChain's `batch_as_completed`, but each is begun only when its turn comes and it is admitted, and an
    interrupt does not wait for the requests that are under way.
    """
    executor = ContextThreadPoolExecutor(max_workers=line.at_once)
    pending: dict[Future[Any], _Turn] = {}
    try:
        while True:
            while len(pending) < line.under_way and (turn := line.turn()) is not None:
                pending[executor.submit(vision.invoke, turn.shot, turn.config)] = turn
                yield from _done(pending, seconds=0)
            if not pending:
                return
            yield from _done(pending, seconds=_HARK_SECONDS)
    finally:
        executor.shutdown(wait=not pending, cancel_futures=True)


def _done(pending: dict[Future[Any], _Turn], *, seconds: float) -> Iterator[tuple[_Turn, Any]]:
    """Yield what is done, if anything is after `seconds`; then a wish to stop is heard, too."""
    stop_if_asked()
    for done in wait(pending, seconds, return_when=FIRST_COMPLETED).done:
        failure = done.exception()
        if failure is not None and not isinstance(failure, Exception):
            raise failure
        yield pending.pop(done), failure or done.result()


async def adescribe_scenes(  # noqa: PLR0913  # as `describe_scenes`
    vision: Vision,
    shots: Iterable[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
    admits: Admits = always,
) -> tuple[Look, ...]:
    """Do as `describe_scenes`, on the caller's event loop; `shots` are taken in a thread."""
    line, looks = _Line(shots, config, parallel, admits), dict[int, Look]()
    async for turn, outcome in _aas_completed(vision, line):
        looks[turn.number] = _told(_look(turn, outcome), on_look)
    return tuple(looks[number] for number in sorted(looks))


async def _aas_completed(vision: Vision, line: _Line) -> AsyncIterator[tuple[_Turn, Any]]:
    """Do as `_as_completed`."""
    slots, pending = asyncio.Semaphore(line.at_once), dict[asyncio.Task[Any], _Turn]()

    async def ask(turn: _Turn) -> Any:
        async with slots:
            return await vision.ainvoke(turn.shot, turn.config)

    try:
        while True:
            while len(pending) < line.under_way and (turn := await asyncio.to_thread(line.turn)) is not None:
                pending[asyncio.create_task(ask(turn))] = turn
                async for done in _adone(pending, seconds=0):
                    yield done
            if not pending:
                return
            async for done in _adone(pending, seconds=None):
                yield done
    finally:
        for task in pending:
            task.cancel()


async def _adone(pending: dict[asyncio.Task[Any], _Turn], *, seconds: float | None) -> AsyncIterator[tuple[_Turn, Any]]:
    """Do as `_done`."""
    for done in (await asyncio.wait(pending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED))[0]:
        failure = done.exception()
        if failure is not None and not isinstance(failure, Exception):
            raise failure
        yield pending.pop(done), failure or done.result()


def _told(look: Look, on_look: Callable[[Look], None] | None) -> Look:
    if on_look is not None:
        on_look(look)
    return look


class _Watch(UsageMetadataCallbackHandler):
    """Watches over one scene: tokens of whatever models are asked, seconds since its turn came, what was tried."""

    def __init__(self) -> None:
        super().__init__()
        self._started: float | None = None
        self.attempts: list[Attempt] = []
        self.answer: dict[str, Any] = {}
        self.crossing = ""
        self._lost: list[tuple[str, int, int]] = []

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        """Start the clock at the outermost Runnable, not when the scene was queued."""
        if self._started is None:
            self._started = time.monotonic()

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Keep what the router and the ladder tell of this scene."""
        if name == ATTEMPT:
            self.attempts.append(Attempt(**data))
        elif name == ANSWER:
            self.answer = data
        elif name == CROSSING:
            self.crossing = data["message"]
        elif name == LOST_TOKENS:
            self._lost.append((data["model"], *data["tokens"]))

    @property
    def asked_somebody(self) -> bool:
        """Tell whether anything was spent; a caller's own Runnable tells of no attempts."""
        return not self.attempts or any(attempt.outcome != "cached" for attempt in self.attempts)

    @property
    def seconds(self) -> float:
        return 0.0 if self._started is None else round(time.monotonic() - self._started, 3)

    @property
    def tokens(self) -> tuple[tuple[str, int, int], ...]:
        usages = self.usage_metadata.items()
        told = [(model, usage["input_tokens"], usage["output_tokens"]) for model, usage in usages]
        return (*told, *self._lost)


def _with_watch(config: RunnableConfig | None, shot: SceneFrames, watch: _Watch, at_once: int) -> RunnableConfig:
    """Return the configuration of one scene's run: in a trace it is called by the scene."""
    scene_id = shot.scene.scene_id
    own: RunnableConfig = {"run_name": f"look at {scene_id}", "metadata": {"scene_id": scene_id}}
    return merge_configs(config, {**own, "callbacks": [watch], "max_concurrency": at_once})


def _look(turn: _Turn, outcome: Any) -> Look:
    description, error = _read_outcome(outcome)
    watch = turn.watch
    return Look(
        scene_id=turn.shot.scene.scene_id,
        frames=max([attempt.frames for attempt in watch.attempts], default=len(turn.shot.frames)),
        seconds=watch.seconds if watch.asked_somebody else 0.0,
        description=description,
        error=error,
        rung=watch.answer.get("rung"),
        repaired=watch.answer.get("repaired", False),
        attempts=tuple(watch.attempts),
        crossing=watch.crossing,
        gave_out=isinstance(outcome, ExhaustedError) and not all(isinstance(c, AnswerError) for c in outcome.causes),
        tokens=watch.tokens,
    )


def _read_outcome(outcome: Any) -> tuple[SceneDescription | None, str | None]:
    if isinstance(outcome, ExhaustedError):
        return None, str(outcome)[:_LONGEST_CAUSE]
    if isinstance(outcome, Exception):
        return None, f"{type(outcome).__name__}: {' '.join(str(outcome).split())[:_LONGEST_CAUSE]}"
    try:
        return believed(outcome), None
    except AnswerError as exc:
        return None, f"AnswerError: {exc}"


def with_look(scene: Scene, look: Look | None) -> Scene:
    """Return `scene` with what came of looking at it; as it was when nothing looked."""
    if look is None:
        return scene if scene.visual is not None else scene.model_copy(update={"status": "not_selected"})
    status = "described" if look.description is not None else "failed"
    return scene.model_copy(update={"status": status, "visual": look.description})


def with_looks(scenes: Iterable[Scene], looks: Iterable[Look], same_as: Mapping[str, str]) -> tuple[Scene, ...]:
    """Return `scenes` with what came of looking; a near-duplicate (`same_as`: its id → another's) shares that one's."""
    by_id = {look.scene_id: look for look in looks}
    seen = [with_look(scene, by_id.get(scene.scene_id)) for scene in scenes]
    visuals = {scene.scene_id: scene.visual for scene in seen if scene.scene_id in by_id}
    return tuple(_shared(scene, same_as.get(scene.scene_id), visuals) for scene in seen)


def _shared(scene: Scene, original: str | None, visuals: Mapping[str, SceneDescription | None]) -> Scene:
    visual = visuals.get(original) if original is not None else None
    if visual is None or scene.visual is not None:
        return scene
    return scene.model_copy(update={"status": "described", "same_as": original, "visual": visual})
