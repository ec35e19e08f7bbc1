"""A Runnable that describes one scene, over many scenes: side by side, one's failure never stops the others.

The Runnable is a router, a chat model behind the ladder, or the caller's own. What happens on the way to a description
(attempts, rungs, notices) comes as custom events, and is kept with the scene.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.callbacks import UsageMetadataCallbackHandler, dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import ContextThreadPoolExecutor, merge_configs

from autocut_director.errors import AnswerError, ExhaustedError
from autocut_director.tools.answers import believed
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Ladder, RungName
from autocut_director.tools.timeline import Scene, SceneDescription

LANGUAGE_NAMES = {"en": "English", "zh": "Simplified Chinese (简体中文)"}

Vision = Runnable[SceneFrames, SceneDescription]

_LONGEST_CAUSE = 400  # characters

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


def describe_scenes(
    vision: Vision,
    shots: Iterable[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
) -> tuple[Look, ...]:
    """Look at each of `shots` with `vision`, `parallel` at a time; tell `on_look` of each as it is done.

    `shots` may still be in the making: they are taken a few before their turn, and no more of them.

    Returns:
        One `Look` a shot, in the order given. A failed one has its cause in `error`.
    """
    looks: dict[int, Look] = {}
    for turn, outcome in _as_completed(vision, _turns(shots, config, parallel), _at_once(config, parallel)):
        looks[turn.number] = _told(_look(turn, outcome), on_look)
    return tuple(looks[number] for number in sorted(looks))


@dataclass(frozen=True)
class _Turn:
    """A scene whose turn it is: its number, the watch over it, and the configuration that carries the watch."""

    number: int
    shot: SceneFrames
    watch: "_Watch"
    config: RunnableConfig


def _turns(shots: Iterable[SceneFrames], config: RunnableConfig | None, parallel: int) -> Iterator[_Turn]:
    for number, shot in enumerate(shots):
        watch = _Watch()
        yield _Turn(number, shot, watch, _with_watch(config, watch, parallel))


def _at_once(config: RunnableConfig | None, parallel: int) -> int:
    """Return how many scenes are looked at at once: the caller's own bound comes first."""
    return (config or {}).get("max_concurrency") or parallel


def _as_completed(vision: Vision, turns: Iterable[_Turn], at_once: int) -> Iterator[tuple[_Turn, Any]]:
    """Yield each turn with its description or exception as it is done; as many again wait in line, and no more.

    As LangChain's `batch_as_completed`, but the turns come one by one, and an interrupt does not wait for the requests
    that are under way.
    """
    executor = ContextThreadPoolExecutor(max_workers=at_once)
    pending: dict[Future[Any], _Turn] = {}
    try:
        for turn in turns:
            pending[executor.submit(vision.invoke, turn.shot, turn.config)] = turn
            yield from _done(pending, None if len(pending) >= 2 * at_once else 0)
        while pending:
            yield from _done(pending, None)
    finally:
        executor.shutdown(wait=not pending, cancel_futures=True)


def _done(pending: dict[Future[Any], _Turn], seconds: float | None) -> Iterator[tuple[_Turn, Any]]:
    """Yield what is done, and waits for it no longer than `seconds`; None: until one is."""
    for done in wait(pending, seconds, return_when=FIRST_COMPLETED).done:
        failure = done.exception()
        if failure is not None and not isinstance(failure, Exception):
            raise failure
        yield pending.pop(done), failure or done.result()


async def adescribe_scenes(
    vision: Vision,
    shots: Iterable[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
) -> tuple[Look, ...]:
    """Do as `describe_scenes`, on the caller's event loop; `shots` are taken in a thread."""
    looks: dict[int, Look] = {}
    async for turn, outcome in _aas_completed(vision, _turns(shots, config, parallel), _at_once(config, parallel)):
        looks[turn.number] = _told(_look(turn, outcome), on_look)
    return tuple(looks[number] for number in sorted(looks))


async def _aas_completed(vision: Vision, turns: Iterator[_Turn], at_once: int) -> AsyncIterator[tuple[_Turn, Any]]:
    slots, pending = asyncio.Semaphore(at_once), set[asyncio.Task[tuple[_Turn, Any]]]()

    async def ask(turn: _Turn) -> tuple[_Turn, Any]:
        async with slots:
            (outcome,) = await asyncio.gather(vision.ainvoke(turn.shot, turn.config), return_exceptions=True)
        return turn, outcome

    try:
        while (turn := await asyncio.to_thread(next, turns, None)) is not None:
            pending.add(asyncio.create_task(ask(turn)))
            full = len(pending) >= 2 * at_once
            done, pending = await asyncio.wait(
                pending, timeout=None if full else 0, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                yield task.result()
        for coming in asyncio.as_completed(pending):
            yield await coming
    finally:
        for task in pending:
            task.cancel()


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


def _with_watch(config: RunnableConfig | None, watch: _Watch, parallel: int) -> RunnableConfig:
    asked = (config or {}).get("max_concurrency")
    own: RunnableConfig = {"callbacks": [watch], "max_concurrency": parallel if asked is None else asked}
    return merge_configs(config, own)


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
