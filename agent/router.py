"""The router: carries a policy out, scene by scene, and survives a backend that fails.

For each pool of the chain, in order: did one of its seats answer this before (the store)? → a free seat, the quickest →
warm it up if it is cold → ask it, again where that may help (tenacity: jitter, Retry-After; never after a time-out) → a
description, or the cause is kept, and another seat of the pool is asked, then the next pool.

Frames go only where the policy says: a remote seat is in the chain with consent or not at all.
"""

import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from autocut_director.agent.answered import Answered
from autocut_director.agent.backends.registry import Order, make_model
from autocut_director.agent.breaker import Breaker
from autocut_director.agent.places import LocalPlaces, Places
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import NAMES, Forced, VisionRoute, named
from autocut_director.agent.pool import Pool
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.seat import Seat
from autocut_director.agent.settings import Settings
from autocut_director.errors import BackendError, ExhaustedError
from autocut_director.prompts import Prompt, load_prompt
from autocut_director.tools.describe import ANSWER, CROSSING, LANGUAGE_NAMES
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Answer, Wording, fewer
from autocut_director.tools.sentences import say
from autocut_director.tools.store import NO_STORE, Store
from autocut_director.tools.timeline import Language, SceneDescription

PROMPTS = ("describe_scene", "describe_plain", "repair_description", "contact_picture")


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
    places: Places | None = None,
) -> Runnable[SceneFrames, SceneDescription]:
    """Make the Runnable from one scene's frames to its description, by policy.

    Args:
        settings: What the environment says; read from it when None.
        policy: What to use; made from this machine and the settings when None.
        wording: What models are asked; the prompt files' when None.
        language: Of the descriptions; the settings' when None.
        cool_down_seconds: How long a failing backend is left alone at first.
        store: Where answers are kept; a backend is not asked again for what it answered before.
        places: Who counts the questions that a server gets at once; a count of the router's own when None.

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
    shared = places or LocalPlaces()

    def seat(name: str, route: VisionRoute) -> Seat:
        order = Order(route, settings, spoken, route.read_seconds)
        return Seat(name, order, asked, Breaker(cool_down=cool_down_seconds), store, shared)

    pools = [Pool([seat(*each) for each in zip(named(pool), pool, strict=True)]) for pool in policy.pools]
    return RunnableLambda(_Router(pools, spoken).describe, name="vision_router")


_Causes = list[tuple[str, BackendError]]


def answered_before(
    settings: Settings, route: VisionRoute, wording: Wording, language: Language, store: Store
) -> Callable[[SceneFrames], bool]:
    """Return what tells whether `store` has the answer of `route` to a scene, so that it need not be asked."""

    @cache
    def answered() -> Answered:
        return Answered(store, route, make_model(Order(route, settings, language, route.read_seconds)), wording)

    return lambda shot: answered().find(fewer(shot, route.frames)) is not None


class _Router:
    """The chain at work. Shared by all scenes of a run."""

    def __init__(self, pools: Sequence[Pool[Seat]], language: Language) -> None:
        self._pools, self._language = pools, language
        self._lock = threading.Lock()
        self._crossed = any(seat.route.remote for seat in pools[0].members)

    def describe(self, shot: SceneFrames, config: RunnableConfig) -> SceneDescription:
        causes: _Causes = []
        for pool in self._pools:
            found = _remembered(pool, shot, config) or self._asked(pool, shot, causes, config)
            if found is not None:
                seat, answer = found
                dispatch_custom_event(ANSWER, {"rung": answer.rung, "repaired": answer.repaired}, config=config)
                return answer.description.model_copy(update=seat.signature)
        raise ExhaustedError(causes)

    def _asked(
        self, pool: Pool[Seat], shot: SceneFrames, causes: _Causes, config: RunnableConfig
    ) -> tuple[Seat, Answer] | None:
        """Return what a seat of the pool answered, and which; None where each failed or is left alone."""
        failed: list[Seat] = []
        _warm_up_the_others(pool, config)
        while True:
            with pool.turn(besides=failed) as seat:
                if seat is None:
                    break
                self._say_crossing(seat, causes, config)
                try:
                    return seat, seat.describe(shot, config)
                except BackendError as exc:
                    causes.append((seat.name, exc))
                    failed.append(seat)
        causes += [(seat.name, seat.left_alone(config)) for seat in pool.members if seat not in failed]
        return None

    def _say_crossing(self, seat: Seat, causes: _Causes, config: RunnableConfig) -> None:
        """Say once that frames now leave the machine, and why."""
        if not seat.route.remote:
            return
        with self._lock:
            first, self._crossed = not self._crossed, True
        if first:
            why = "; ".join(f"{name}: {cause}" for name, cause in causes)
            said = say(self._language, "crossing", name=NAMES[seat.route.backend], host=seat.route.host, why=why)
            dispatch_custom_event(CROSSING, {"message": said}, config=config)


def _remembered(pool: Pool[Seat], shot: SceneFrames, config: RunnableConfig) -> tuple[Seat, Answer] | None:
    """Return what a seat of the pool answered before; where no build is known, each knows its own answers only."""
    for seat in pool.members:
        answer = seat.remembered(shot, config)
        if answer is not None:
            return seat, answer
    return None


def _warm_up_the_others(pool: Pool[Seat], config: RunnableConfig) -> None:
    """Have cold models loaded aside where another of the pool is in memory already: nobody has to wait for them."""
    cold = [seat for seat in pool.members if seat.cold]
    if len(cold) < len(pool.members):
        for seat in cold:
            seat.warm_up_aside(config, then=pool.told)
