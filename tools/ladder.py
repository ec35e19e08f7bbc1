"""A structured answer from any model: by the server's own constraint, else asked for in words, else in plain words.

    schema   the server constrains the answer (each backend has its own means)
    json     JSON is asked for in the prompt, with an example
    text     a plain description, put into the schema by our own reading

The first rung that gives a description is taken, and its name is kept. Values that cannot be get one repair turn; what
is wrong after that stays empty. A server that refuses the constraint is not asked that way again.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig

from autocut_director.errors import AnswerError, BackendRefusedError
from autocut_director.prompts import Prompt
from autocut_director.tools.answers import read_description, read_plain, salvaged
from autocut_director.tools.contact import contact_picture, needs_contact
from autocut_director.tools.frames import Frame, SceneFrames
from autocut_director.tools.timeline import SceneDescription

RungName = Literal["schema", "json", "text"]
_SHOWN = 600  # characters of a wrong answer that are shown to its model again


@dataclass(frozen=True)
class Wording:
    """The texts that a model is asked with: for JSON, for plain words, for mending an answer, of a contact picture."""

    json: str
    plain: str
    repair: Prompt
    contact: Prompt


@dataclass(frozen=True)
class Answer:
    """A description, the rung that gave it, and whether it took a repair turn."""

    description: SceneDescription
    rung: RungName
    repaired: bool = False


@dataclass
class Ladder:
    """Asks one model.

    `model` takes messages; `constrained` is the same with the server's own constraint, None where there is none.
    `images`: pictures that it takes in one request, None for any number; more stills than that are shown as one.
    """

    model: Runnable[Any, Any]
    wording: Wording
    constrained: Runnable[Any, Any] | None = None
    images: int | None = None
    _refused: bool = field(default=False, init=False)

    def describe(self, shot: SceneFrames, config: RunnableConfig) -> Answer:
        """Describe a scene from its stills.

        Raises:
            AnswerError: No rung gave a description; the last one's cause.
            BackendError: As `model` raises it.
            InputError: The stills are to be shown as one picture, and one of them is none.
        """
        turn, fault = _Turn(self, *self._shown(shot), config), AnswerError("no rung was tried", kind="blank")
        for rung in self._rungs():
            try:
                return turn.on(rung)
            except AnswerError as exc:
                fault = exc
                if exc.kind in {"refused", "page"}:  # other words would not change that
                    raise
            except BackendRefusedError as exc:
                if rung != "schema" or exc.for_good:
                    raise
                self._refused = True
        raise fault

    def _shown(self, shot: SceneFrames) -> tuple[SceneFrames, str]:
        """Return what the model is shown of `shot`, and what it must be told of that."""
        if not needs_contact(len(shot.frames), self.images):
            return shot, ""
        contact = contact_picture(shot)
        told = self.wording.contact.render({"count": len(shot.frames), "order": contact.order})
        return SceneFrames(shot.scene, (contact.frame,)), f"\n\n{told}"

    def _rungs(self) -> Sequence[RungName]:
        constrains = self.constrained is not None and not self._refused
        return ("schema", "json", "text") if constrains else ("json", "text")

    def asked_on(self, rung: RungName) -> Runnable[Any, Any]:
        """Return the model as it is asked on `rung`."""
        return self.constrained if rung == "schema" and self.constrained is not None else self.model


@dataclass
class _Turn:
    """One scene's way down the ladder."""

    ladder: Ladder
    shown: SceneFrames
    told: str
    config: RunnableConfig
    _repaired: bool = False

    def on(self, rung: RungName) -> Answer:
        wording = self.ladder.wording
        message = self._ask(rung, wording.plain if rung == "text" else wording.json)
        if rung == "text":
            return Answer(read_plain(message), "text", self._repaired)
        try:
            return Answer(read_description(message), rung, self._repaired)
        except AnswerError as exc:
            if exc.kind == "no_json" and rung == "json":  # it spoke plainly: no need to ask for that
                return Answer(read_plain(message), "text", self._repaired)
            if exc.kind != "wrong" or self._repaired:
                raise
            return self._repair(rung, message, exc)

    def _repair(self, rung: RungName, message: AIMessage, fault: AnswerError) -> Answer:
        """Show the model once what was wrong; what is still wrong stays empty."""
        self._repaired = True
        wording = self.ladder.wording
        mend = wording.repair.render({"answer": message.text[:_SHOWN], "problems": f"{fault}."})
        again = self._ask(rung, f"{wording.json}\n\n{mend}")
        try:
            return Answer(read_description(again), rung, repaired=True)
        except AnswerError:
            rest = salvaged(again) or salvaged(message)
            if rest is None:
                raise
            return Answer(rest, rung, repaired=True)

    def _ask(self, rung: RungName, text: str) -> AIMessage:
        said = self.ladder.asked_on(rung).invoke(scene_messages(self.shown, text + self.told), self.config)
        return said if isinstance(said, AIMessage) else AIMessage(content=str(said))


def scene_messages(shot: SceneFrames, text: str) -> list[BaseMessage]:
    """Return the request: one message with the text, then the stills in order as JPEG data URLs."""
    blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": text}]
    blocks += [_image_block(frame.jpeg) for frame in shot.frames]
    return [HumanMessage(content=blocks)]


def _image_block(jpeg: bytes) -> dict[str, Any]:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def fewer(shot: SceneFrames, count: int) -> SceneFrames:
    """Return `shot` with at most `count` of its stills, evenly spread."""
    frames: Sequence[Frame] = shot.frames
    if len(frames) <= count:
        return shot
    return SceneFrames(shot.scene, tuple(frames[(2 * n + 1) * len(frames) // (2 * count)] for n in range(count)))
