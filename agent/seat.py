"""A seat: one route at work, with its own model, breaker, pace and memory of what it answered."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from autocut_director.agent.answered import Answered
from autocut_director.agent.backends.registry import Order, constrained, guarded, make_model
from autocut_director.agent.breaker import Breaker
from autocut_director.agent.hosts import host_and_port
from autocut_director.agent.patience import LONGEST_WAIT, may_pass, patient
from autocut_director.agent.places import Places
from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.errors import (
    BackendBusyError,
    BackendDownError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    ModelUnloadedError,
)
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import ATTEMPT, NOTICE, Attempt, Outcome
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Answer, Ladder, Wording, fewer
from autocut_director.tools.sentences import say
from autocut_director.tools.store import Store

_WARM_UPS = 2  # a model may be evicted once; one that is evicted again and again is a failing backend
_NEWEST = 1 / 8  # weight of the newest measure, as TCP smooths its round-trip times (RFC 6298)


class Seat:
    """One route at work. `name`: what a person knows it by. `seconds`: of an answer, None before the first.

    A pool bounds the scenes of its own run; `places` bounds those of all runs that share them.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what a route needs to work, each from somebody else
        self,
        name: str,
        order: Order[VisionRoute],
        wording: Wording,
        breaker: Breaker,
        store: Store,
        places: Places,
    ) -> None:
        self.name, self.route = name, order.route
        self.seconds: float | None = None
        self._order, self._breaker, self._places = order, breaker, places
        model = make_model(order)
        self._ladder = self._made_ladder(model, wording)
        self._answered = Answered(store, order.route, model, wording)
        self._warming, self.cold, self._warm_ups = threading.Lock(), order.route.cold, 0
        self._warming_aside = threading.Lock()
        self._aside: threading.Thread | None = None
        self._last_cause = ""

    @property
    def places(self) -> int:
        """How many scenes it describes at once."""
        return self.route.parallel

    @property
    def closed(self) -> bool:
        """Whether it may be asked without a second thought."""
        return self._breaker.closed

    def admits(self) -> bool:
        """Tell whether it may be asked now; of one that failed, by one scene."""
        return self._breaker.admits()

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
            BackendError: It could not.
        """
        try:
            with self._places.hold(self.route, self.route.parallel):
                return patient(self._worth_another_try)(self._try, fewer(shot, self.route.frames), config)
        except BackendBusyError as exc:  # waiting, as it wished, did not help
            wished = exc.retry_after or 0.0
            self._breaker.failed(decisive=wished > LONGEST_WAIT, at_least=wished)
            raise

    def left_alone(self, config: RunnableConfig) -> BackendError:
        """Note that it is not asked for a scene, since it had failed before; return why, as the cause."""
        said = f"left alone for now, after: {self._last_cause}"
        self._tell(config, "skipped", error=said)
        return BackendDownError(said)

    def warm_up_aside(self, config: RunnableConfig, then: Callable[[], None]) -> None:
        """Have a cold model loaded while others describe; call `then` when that is done, or has failed."""
        with self._warming_aside:
            if self._aside is not None and self._aside.is_alive():
                return
            if not self.cold or not self.admits():
                return
            self._aside = threading.Thread(target=self._warmed_up_aside, args=(config, then), daemon=True)
            self._aside.start()

    def _warmed_up_aside(self, config: RunnableConfig, then: Callable[[], None]) -> None:
        try:
            with self._places.hold(self.route, self.route.parallel):
                self._warm_up(config)
        except BackendError as exc:
            self._note(exc)
            said = say(self._order.language, "not_warmed", name=self.name, model=self.route.model, error=exc)
            dispatch_custom_event(NOTICE, {"message": said}, config=config)
        else:
            self._breaker.succeeded()
        then()

    def _try(self, shot: SceneFrames, config: RunnableConfig) -> Answer:
        started = time.monotonic()
        try:
            self._warm_up(config)
            asked = time.monotonic()
            answer = self._ladder.describe(shot, config)
        except BackendError as exc:
            self._note(exc)
            self._tell(config, "failed", len(shot.frames), time.monotonic() - started, str(exc))
            raise
        self._answered.keep(shot, answer)
        self._breaker.succeeded()
        self._measured(time.monotonic() - asked)
        self._tell(config, "answered", len(shot.frames), time.monotonic() - started)
        return answer

    def _measured(self, seconds: float) -> None:
        """Smooth what an answer takes. Two that come at once may lose one measure, which does not matter."""
        before = seconds if self.seconds is None else self.seconds
        self.seconds = before + _NEWEST * (seconds - before)

    def _warm_up(self, config: RunnableConfig) -> None:
        """Have a cold model loaded, by one short question with a long time to answer; the other scenes wait."""
        with self._warming:
            if not self.cold:
                return
            self._warm_ups += 1
            order = replace(self._order, read_seconds=self.route.warm_up_seconds, longest_answer=1)
            said = say(order.language, "warming", name=self.name, model=self.route.model)
            dispatch_custom_event(NOTICE, {"message": said}, config=config)
            guarded(order, make_model(order)).invoke([HumanMessage("Hi")], config)
            self.cold = False

    def _note(self, exc: BackendError) -> None:
        """Tell the breaker of a failure. To be busy is none: it is waited for."""
        self._last_cause = str(exc)
        if isinstance(exc, ModelUnloadedError):
            self.cold = self._warm_ups < _WARM_UPS
        if not isinstance(exc, BackendBusyError):
            hopeless = isinstance(exc, BackendTimeoutError) or (isinstance(exc, BackendRefusedError) and exc.for_good)
            self._breaker.failed(decisive=hopeless)

    def _worth_another_try(self, exc: BaseException) -> bool:
        return may_pass(exc) and self._breaker.closed

    def _tell(
        self, config: RunnableConfig, outcome: Outcome, frames: int = 0, seconds: float = 0.0, error: str = ""
    ) -> None:
        host = "" if outcome == "cached" else host_and_port(self.route.url)
        attempt = Attempt(self.route.backend, self.route.model, outcome, frames, round(seconds, 3), error, host)
        dispatch_custom_event(ATTEMPT, asdict(attempt), config=config)

    def _made_ladder(self, model: BaseChatModel, wording: Wording) -> Ladder:
        bound = constrained(model, answer_schema())
        strict = None if bound is None else guarded(self._order, bound)
        return Ladder(guarded(self._order, model), wording, strict, self.route.images)
