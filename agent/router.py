"""The router: carries a policy out, scene by scene, and survives a backend that fails.

For each seat of the chain, in order: did it answer this before (the store)? → is its breaker closed? → warm it up if it
is cold → ask it, again where that may help (tenacity: jitter, Retry-After; never after a time-out) → a description, or
the cause is kept and the next asked.

Frames go only where the policy says: a remote seat is in the chain with consent or not at all.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from autocut_director.agent.answered import Answered
from autocut_director.agent.backends.registry import Order, constrained, guarded, make_model
from autocut_director.agent.breaker import Breaker
from autocut_director.agent.patience import LONGEST_WAIT, may_pass, patient
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import NAMES, Forced, VisionRoute
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.settings import Settings
from autocut_director.errors import (
    BackendBusyError,
    BackendDownError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    ExhaustedError,
    ModelUnloadedError,
)
from autocut_director.prompts import Prompt, load_prompt
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import ANSWER, ATTEMPT, CROSSING, LANGUAGE_NAMES, NOTICE, Attempt, Outcome
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Answer, Ladder, Wording, fewer
from autocut_director.tools.sentences import say
from autocut_director.tools.store import NO_STORE, Store
from autocut_director.tools.timeline import Language, SceneDescription

PROMPTS = ("describe_scene", "describe_plain", "repair_description", "contact_picture")
_WARM_UPS = 2  # a model may be evicted once; one that is evicted again and again is a failing backend


def load_wording(language: Language, folder: Path | None = None) -> tuple[Wording, tuple[Prompt, ...]]:
    """Load the texts that models are asked with, and the prompts that they come from.

    Raises:
        PromptError: A prompt file cannot be used.
    """
    scene, plain, repair, contact = prompts = tuple(load_prompt(name, folder) for name in PROMPTS)
    spoken = {"language": LANGUAGE_NAMES[language]}
    return Wording(scene.render(spoken), plain.render(spoken), repair, contact), prompts


def build_vision_router(  # noqa: PLR0913  # each is for a caller of another kind, and has its default
    settings: Settings | None = None,
    *,
    policy: ExecutionPolicy | None = None,
    wording: Wording | None = None,
    language: Language | None = None,
    cool_down_seconds: float = 30.0,
    store: Store = NO_STORE,
) -> Runnable[SceneFrames, SceneDescription]:
    """Make the Runnable from one scene's frames to its description, by policy.

    Args:
        settings: What the environment says; read from it when None.
        policy: What to use; made from this machine and the settings when None.
        wording: What models are asked; the prompt files' when None.
        language: Of the descriptions; the settings' when None.
        cool_down_seconds: How long a failing backend is left alone at first.
        store: Where answers are kept; a backend is not asked again for what it answered before.

    Raises:
        NoBackendError: Nobody can look.
        InputError: The environment has a value that cannot be, or a prompt file cannot be used.

    Raises, when invoked:
        ExhaustedError: Every backend in the chain failed; it has every cause.
    """
    settings = settings or Settings.from_env()
    policy = policy or ExecutionPolicy.resolve(RuntimeProfile.detect(settings), settings, forced=Forced())
    policy.require_vision()
    spoken = language or settings.language
    asked = wording or load_wording(spoken, settings.prompts_dir)[0]
    seats = [
        Seat(Order(route, settings, spoken, route.read_seconds), asked, Breaker(cool_down=cool_down_seconds), store)
        for route in policy.vision
    ]
    return RunnableLambda(_Router(seats, spoken).describe, name="vision_router")


class _Router:
    """The chain at work. Shared by all scenes of a run."""

    def __init__(self, seats: Sequence["Seat"], language: Language) -> None:
        self._seats, self._language = seats, language
        self._lock = threading.Lock()
        self._crossed = seats[0].route.remote

    def describe(self, shot: SceneFrames, config: RunnableConfig) -> SceneDescription:
        causes: list[tuple[str, BackendError]] = []
        for seat in self._seats:
            try:
                answer = seat.remembered(shot, config) or self._asked(seat, shot, causes, config)
            except BackendError as exc:
                causes.append((NAMES[seat.route.backend], exc))
            else:
                dispatch_custom_event(ANSWER, {"rung": answer.rung, "repaired": answer.repaired}, config=config)
                return answer.description.model_copy(update=seat.signature)
        raise ExhaustedError(causes)

    def _asked(
        self, seat: "Seat", shot: SceneFrames, causes: Sequence[tuple[str, BackendError]], config: RunnableConfig
    ) -> Answer:
        self._say_crossing(seat, causes, config)
        return seat.describe(shot, config)

    def _say_crossing(self, seat: "Seat", causes: Sequence[tuple[str, BackendError]], config: RunnableConfig) -> None:
        """Say once that frames now leave the machine, and why."""
        if not seat.route.remote:
            return
        with self._lock:
            first, self._crossed = not self._crossed, True
        if first:
            why = "; ".join(f"{name}: {cause}" for name, cause in causes)
            said = say(self._language, "crossing", name=NAMES[seat.route.backend], host=seat.route.host, why=why)
            dispatch_custom_event(CROSSING, {"message": said}, config=config)


class Seat:
    """One route at work: its model, its breaker, what it answered, and as many places as it answers at once."""

    def __init__(self, order: Order[VisionRoute], wording: Wording, breaker: Breaker, store: Store) -> None:
        self.route: VisionRoute = order.route
        self._order, self._breaker = order, breaker
        model = make_model(order)
        self._ladder = self._made_ladder(model, wording)
        self._answered = Answered(store, order.route, model, wording)
        self._places = threading.BoundedSemaphore(order.route.parallel)
        self._warming, self._cold, self._warm_ups = threading.Lock(), order.route.cold, 0
        self._last_cause = ""

    @property
    def signature(self) -> dict[str, str]:
        """How its descriptions are signed."""
        return {"analyzed_by": self.route.backend, "model": self.route.model}

    def remembered(self, shot: SceneFrames, config: RunnableConfig) -> Answer | None:
        """Return what it answered before; then it is not asked, whether it could be or not."""
        shown = fewer(shot, self.route.frames)
        answer = self._answered.find(shown)
        if answer is not None:
            self._tell(config, "cached", len(shown.frames))
        return answer

    def describe(self, shot: SceneFrames, config: RunnableConfig) -> Answer:
        """Describe a scene, trying again where that may help.

        Raises:
            BackendError: It could not, or it is left alone for now.
        """
        with self._places:
            if not self._breaker.admits():
                raise self._skipped(config)
            try:
                return patient(self._worth_another_try)(self._try, fewer(shot, self.route.frames), config)
            except BackendBusyError as exc:  # waiting, as it wished, did not help
                wished = exc.retry_after or 0.0
                self._breaker.failed(decisive=wished > LONGEST_WAIT, at_least=wished)
                raise

    def _try(self, shot: SceneFrames, config: RunnableConfig) -> Answer:
        started = time.monotonic()
        try:
            self._warm_up(config)
            answer = self._ladder.describe(shot, config)
        except BackendError as exc:
            self._note(exc)
            self._tell(config, "failed", len(shot.frames), time.monotonic() - started, str(exc))
            raise
        self._answered.keep(shot, answer)
        self._breaker.succeeded()
        self._tell(config, "answered", len(shot.frames), time.monotonic() - started)
        return answer

    def _warm_up(self, config: RunnableConfig) -> None:
        """Have a cold model loaded, by one short question with a long time to answer; the other scenes wait."""
        with self._warming:
            if not self._cold:
                return
            self._warm_ups += 1
            order = replace(self._order, read_seconds=self.route.warm_up_seconds, longest_answer=1)
            name, model = NAMES[self.route.backend], self.route.model
            dispatch_custom_event(
                NOTICE, {"message": say(order.language, "warming", name=name, model=model)}, config=config
            )
            guarded(order, make_model(order)).invoke([HumanMessage("Hi")], config)
            self._cold = False

    def _note(self, exc: BackendError) -> None:
        """Tell the breaker of a failure. To be busy is none: it is waited for."""
        self._last_cause = str(exc)
        if isinstance(exc, ModelUnloadedError):
            self._cold = self._warm_ups < _WARM_UPS
        if not isinstance(exc, BackendBusyError):
            hopeless = isinstance(exc, BackendTimeoutError) or (isinstance(exc, BackendRefusedError) and exc.for_good)
            self._breaker.failed(decisive=hopeless)

    def _worth_another_try(self, exc: BaseException) -> bool:
        return may_pass(exc) and self._breaker.closed

    def _skipped(self, config: RunnableConfig) -> BackendError:
        said = f"left alone for now, after: {self._last_cause}"
        self._tell(config, "skipped", error=said)
        return BackendDownError(said)

    def _tell(
        self, config: RunnableConfig, outcome: Outcome, frames: int = 0, seconds: float = 0.0, error: str = ""
    ) -> None:
        attempt = Attempt(self.route.backend, self.route.model, outcome, frames, round(seconds, 3), error)
        dispatch_custom_event(ATTEMPT, asdict(attempt), config=config)

    def _made_ladder(self, model: BaseChatModel, wording: Wording) -> Ladder:
        bound = constrained(model, answer_schema())
        strict = None if bound is None else guarded(self._order, bound)
        return Ladder(guarded(self._order, model), wording, strict, self.route.images)
