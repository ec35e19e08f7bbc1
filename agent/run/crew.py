"""Who looks and who plans in one run: the caller's own Runnables, or the ones that the policy chooses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.runnables import Runnable

from autocut_director.agent.backends.registry import constrained, takes_messages
from autocut_director.agent.places import LocalPlaces, Places
from autocut_director.agent.planner import own_proposer
from autocut_director.agent.planning.chain import Proposal, build_planning_chain
from autocut_director.agent.planning.question import PlanWording, load_plan_wording
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import FRAMES, NAMES, PassedOver
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.rates import paced
from autocut_director.agent.router import answered_before, build_vision_router, load_wording
from autocut_director.agent.run.request import DirectRequest
from autocut_director.agent.settings import Settings
from autocut_director.errors import NoBackendError
from autocut_director.prompts import Prompt, load_style
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import Vision, make_describer
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Ladder, Wording
from autocut_director.tools.sentences import say
from autocut_director.tools.store import NO_STORE, SceneStore, Store
from autocut_director.tools.timeline import Language, PlanRequest

_OWN_PARALLEL = 4  # scenes at once for a Runnable of the caller's, unless his configuration bounds it


@dataclass(frozen=True)
class Eyes:
    """Who looks, with which prompts, at how many scenes, and how many stills are taken of each.

    A model that takes one picture is shown them as one (`VisionRoute.images`).
    `policy` is None where the caller chose; `cause` says why the run is degraded by it. `traced`: LangSmith sees what
    the models see. `wording`: what models are asked with; `knows`: whether the first of them need not be asked about a
    scene, since the store has its answer.
    """

    vision: Vision
    prompts: tuple[Prompt, ...]
    parallel: int
    max_scenes: int
    frames_per_scene: int
    policy: ExecutionPolicy | None = None
    cause: str | None = None
    traced: bool = False
    wording: Wording | None = None
    knows: Callable[[SceneFrames], bool] = lambda _: False

    @property
    def clouds(self) -> frozenset[str]:
        """Models that a local server hands on to a cloud, which bills them."""
        routes = () if self.policy is None else self.policy.vision
        return frozenset(route.model for route in routes if route.cloud)


@dataclass(frozen=True)
class Head:
    """Who plans, with which prompts, in which style.

    `policy` is None where the caller chose; `cause` says why the run is degraded by it. `wording`: what a model of the
    policy's is asked with.
    """

    planner: Runnable[PlanRequest, Proposal]
    prompts: tuple[Prompt, ...] = ()
    style: Prompt | None = None
    policy: ExecutionPolicy | None = None
    cause: str | None = None
    wording: PlanWording | None = None


@dataclass(frozen=True)
class Decided:
    """What is here, and what the policy makes of it."""

    profile: RuntimeProfile
    policy: ExecutionPolicy


@dataclass(frozen=True)
class Crew:
    """What the caller of `build_director` gave, and what its runs share.

    `places`: of model servers. `shared_store`: in place of the file in the settings' folder for caches.
    """

    settings: Settings
    vision: Runnable[Any, Any] | None = None
    planner: Runnable[Any, Any] | None = None
    prompts: Path | None = None
    places: Places = field(default_factory=LocalPlaces)
    shared_store: Store | None = None

    def language(self, request: DirectRequest) -> Language:
        """Return the language that the run speaks: the request's, else the setting's."""
        return request.language or self.settings.language

    def store(self, request: DirectRequest) -> Store:
        """Return where what is seen and measured is kept between runs; it is opened at first use."""
        if request.no_cache:
            return NO_STORE
        return SceneStore(self.settings.cache_dir) if self.shared_store is None else self.shared_store

    def decide(self, request: DirectRequest, store: Store = NO_STORE) -> Decided | None:
        """Find out what is here and decide; None where the caller chose who looks and who plans.

        `store` knows how fast the models were in earlier runs.

        Raises:
            InputError: What was forced contradicts itself or a setting.
        """
        if self.vision is not None and self.planner is not None:
            return None
        eyes_needed = self.vision is None and request.vision != "builtin"
        head_needed = self.planner is None and request.planner != "builtin"
        needed = eyes_needed or head_needed
        profile = RuntimeProfile.detect(self.settings) if needed else RuntimeProfile.alone(self.settings)
        resolve = ExecutionPolicy.by_settings if request.no_policy else ExecutionPolicy.resolve
        return Decided(profile, paced(resolve(profile, self.settings, forced=request.forced), store))

    def eyes(self, request: DirectRequest, decided: Decided | None, store: Store) -> Eyes:
        """Return who looks. What a Runnable of the caller's answers is not kept: nobody knows what it depends on.

        Raises:
            PromptError: A prompt file cannot be used.
            NoBackendError: Nobody can look.
        """
        if self.vision is not None:
            return self._own_eyes(self.vision, request)
        return self._chosen_eyes(request, self._policy(decided), store)

    def _own_eyes(self, vision: Runnable[Any, Any], request: DirectRequest) -> Eyes:
        prompts: tuple[Prompt, ...] = ()
        if takes_messages(vision):
            wording, prompts = load_wording(self.language(request), self._prompt_folder(request))
            vision = make_describer(Ladder(vision, wording, constrained(vision, answer_schema())))
        frames = request.frames_per_scene or FRAMES
        return Eyes(vision, prompts, _OWN_PARALLEL, request.max_scenes or 0, frames)

    def _chosen_eyes(self, request: DirectRequest, policy: ExecutionPolicy, store: Store) -> Eyes:
        language = self.language(request)
        wording, prompts = load_wording(language, self._prompt_folder(request))
        router = build_vision_router(
            self.settings, policy=policy, wording=wording, language=language, store=store, places=self.places
        )
        return Eyes(
            vision=router,
            prompts=prompts,
            parallel=policy.parallel,
            max_scenes=policy.max_scenes,
            frames_per_scene=request.frames_per_scene or max(FRAMES, *(route.frames for route in policy.vision)),
            policy=policy,
            traced=self.settings.traced,
            wording=wording,
            knows=answered_before(self.settings, policy.vision[0], wording, language, store),
            cause=say(language, "no_vision", why=_bounds(policy.passed_over)) if policy.stands_in else None,
        )

    def head(self, request: DirectRequest, decided: Decided | None) -> Head:
        """Return who plans.

        Raises:
            PromptError: A prompt file cannot be used.
            NoBackendError: The planner that was asked for cannot be used.
        """
        folder, language = self._prompt_folder(request), self.language(request)
        style = None if request.style is None else load_style(request.style, language, folder)
        styled = () if style is None else (style,)
        if self.planner is not None:
            wording = load_plan_wording(folder) if takes_messages(self.planner) else None
            used = () if wording is None else wording.prompts
            return Head(own_proposer(self.planner, wording=wording), (*used, *styled), style)
        policy, wording = self._policy(decided), load_plan_wording(folder)
        planner = build_planning_chain(self.settings, policy, wording=wording, places=self.places)
        why = _bounds(policy.planners_passed_over)
        used = wording.prompts if policy.planners[0].backend != "builtin" else ()
        return Head(
            planner=planner,
            prompts=(*used, *styled),
            style=style,
            policy=policy,
            wording=wording,
            cause=say(language, "no_planner", why=why) if policy.planner_stands_in else None,
        )

    @staticmethod
    def _policy(decided: Decided | None) -> ExecutionPolicy:
        if decided is None:
            raise NoBackendError("Nothing was decided: the caller chose who looks and who plans.")
        return decided.policy

    def _prompt_folder(self, request: DirectRequest) -> Path | None:
        return request.prompts or self.prompts or self.settings.prompts_dir


def _bounds(passed_over: Sequence[PassedOver]) -> str:
    return "; ".join(f"{NAMES[over.backend]}: {over.bound}" for over in passed_over)
