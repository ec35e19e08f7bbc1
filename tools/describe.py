"""One scene's stills and a prompt → a chat model → a validated SceneDescription; and that over many scenes.

The model is the caller's: any LangChain chat model (bound, retried, with fallbacks), or any Runnable from
`SceneFrames` to a `SceneDescription`.
A scene that fails is kept as failed with its cause; the others go on.
"""

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import merge_configs

from autocut_director.errors import AnswerError
from autocut_director.prompts import Prompt
from autocut_director.tools.answers import believed, read_description
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.timeline import Scene, SceneDescription, equal_shares

LANGUAGE_NAMES = {"en": "English", "zh": "Simplified Chinese (简体中文)"}

Vision = Runnable[SceneFrames, SceneDescription]


@dataclass(frozen=True)
class Look:
    """What came of looking at one scene: a description or a cause, and what it took."""

    scene_id: str
    frames: int
    seconds: float
    description: SceneDescription | None = None
    error: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0


def make_describer(model: Runnable[Any, Any], prompt: Prompt, *, language: str) -> Vision:
    """Make the Runnable that describes one scene with `model`.

    Raises, when invoked:
        AnswerError: The model answered with something that is no description.
    """
    text = prompt.render({"language": LANGUAGE_NAMES[language]})
    ask: Runnable[SceneFrames, list[BaseMessage]] = RunnableLambda(
        lambda shot: scene_messages(shot, text), name="scene_messages"
    )
    read = RunnableLambda(read_description)
    chain: Vision = (ask | model | read).with_config(run_name="describe_scene")
    return chain


def scene_messages(shot: SceneFrames, text: str) -> list[BaseMessage]:
    """Return the request: the prompt, then the stills in order as JPEG data URLs."""
    blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": text}]
    blocks += [_image_block(frame.jpeg) for frame in shot.frames]
    return [HumanMessage(content=blocks)]


def _image_block(jpeg: bytes) -> dict[str, Any]:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def describe_scenes(
    vision: Vision,
    shots: Sequence[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
) -> tuple[Look, ...]:
    """Look at each of `shots` with `vision`, `parallel` at a time; tell `on_look` of each as it is done.

    Returns:
        One `Look` a shot, in the order given. A failed one has its cause in `error`.
    """
    watches, configs = _watched(len(shots), config, parallel)
    looks: dict[int, Look] = {}
    for index, outcome in vision.batch_as_completed(list(shots), configs, return_exceptions=True):
        looks[index] = _told(_look(shots[index], outcome, watches[index]), on_look)
    return tuple(looks[index] for index in range(len(shots)))


async def adescribe_scenes(
    vision: Vision,
    shots: Sequence[SceneFrames],
    *,
    config: RunnableConfig | None = None,
    parallel: int = 2,
    on_look: Callable[[Look], None] | None = None,
) -> tuple[Look, ...]:
    """Do as `describe_scenes`, on the caller's event loop."""
    watches, configs = _watched(len(shots), config, parallel)
    looks: dict[int, Look] = {}
    async for index, outcome in vision.abatch_as_completed(list(shots), configs, return_exceptions=True):
        looks[index] = _told(_look(shots[index], outcome, watches[index]), on_look)
    return tuple(looks[index] for index in range(len(shots)))


def _watched(count: int, config: RunnableConfig | None, parallel: int) -> tuple[list["_Watch"], list[RunnableConfig]]:
    """Return a watch for each of `count` scenes, and the configuration that carries it."""
    watches = [_Watch() for _ in range(count)]
    return watches, [_with_watch(config, watch, parallel) for watch in watches]


def _told(look: Look, on_look: Callable[[Look], None] | None) -> Look:
    if on_look is not None:
        on_look(look)
    return look


class _Watch(UsageMetadataCallbackHandler):
    """Counts one scene's tokens, whatever models the Runnable asks, and the seconds since its turn came."""

    def __init__(self) -> None:
        super().__init__()
        self._started: float | None = None

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        """Start the clock at the outermost Runnable, not when the scene was queued."""
        if self._started is None:
            self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return 0.0 if self._started is None else round(time.monotonic() - self._started, 3)

    @property
    def input_tokens(self) -> int:
        return sum(usage["input_tokens"] for usage in self.usage_metadata.values())

    @property
    def output_tokens(self) -> int:
        return sum(usage["output_tokens"] for usage in self.usage_metadata.values())


def _with_watch(config: RunnableConfig | None, watch: _Watch, parallel: int) -> RunnableConfig:
    asked = (config or {}).get("max_concurrency")
    own: RunnableConfig = {"callbacks": [watch], "max_concurrency": parallel if asked is None else asked}
    return merge_configs(config, own)


def _look(shot: SceneFrames, outcome: Any, watch: _Watch) -> Look:
    description, error = _read_outcome(outcome)
    return Look(
        scene_id=shot.scene.scene_id,
        frames=len(shot.frames),
        seconds=watch.seconds,
        description=description,
        error=error,
        input_tokens=watch.input_tokens,
        output_tokens=watch.output_tokens,
    )


def _read_outcome(outcome: Any) -> tuple[SceneDescription | None, str | None]:
    if isinstance(outcome, Exception):
        return None, f"{type(outcome).__name__}: {' '.join(str(outcome).split())[:300]}"
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


def spread_over_film(scenes: Sequence[Scene], limit: int) -> tuple[Scene, ...]:
    """Choose at most `limit` scenes (0: all) that cover the film: the longest in each equal share of its time."""
    if not limit or len(scenes) <= limit:
        return tuple(scenes)
    longest = [
        max(share, key=lambda scene: (scene.length, -scene.start_frame)) for share in equal_shares(scenes, limit)
    ]
    rest = sorted((scene for scene in scenes if scene not in longest), key=lambda scene: -scene.length)
    return tuple(sorted([*longest, *rest[: limit - len(longest)]], key=lambda scene: scene.start_frame))
