"""Who looks and who plans in one run: the caller's own Runnables, or the ones that the policy chooses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from autocut_director.agent.backends import ChatBuiltinVision
from autocut_director.agent.builtin_planner import MODEL
from autocut_director.agent.planner import Planner, builtin_planner, named
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import FRAMES, NAMES
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.router import build_vision_router, load_wording
from autocut_director.agent.run.request import DirectRequest, PlannerChoice
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError
from autocut_director.prompts import Prompt
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import Vision, make_describer
from autocut_director.tools.ladder import Ladder
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language, PlannedBy

_OWN_PARALLEL = 4  # scenes at once for a Runnable of the caller's, unless his configuration bounds it


def takes_messages(runnable: Runnable[Any, Any]) -> bool:
    """Tell whether `runnable` is a chat model, or one that was bound, retried, made configurable or given fallbacks."""
    return bool(runnable.InputType == ChatBuiltinVision().InputType)


@dataclass(frozen=True)
class Eyes:
    """Who looks, with which prompts, at how many scenes, and how many stills are taken of each.

    A route that takes fewer stills is sent fewer: what is measured needs more than one.
    `profile` and `policy` are None where the caller chose; `cause` says why the run is degraded by it. `traced`:
    LangSmith sees what the models see.
    """

    vision: Vision
    prompts: tuple[Prompt, ...]
    parallel: int
    max_scenes: int
    frames_per_scene: int
    profile: RuntimeProfile | None = None
    policy: ExecutionPolicy | None = None
    cause: str | None = None
    traced: bool = False


@dataclass(frozen=True)
class Head:
    """Who plans; `cause` says why the run is degraded by it."""

    planner: Planner
    planned_by: PlannedBy
    cause: str | None = None


@dataclass(frozen=True)
class Crew:
    """What the caller of `build_director` gave."""

    settings: Settings
    vision: Runnable[Any, Any] | None = None
    planner: Planner | None = None
    prompts: Path | None = None

    def __post_init__(self) -> None:
        """Refuse at once what could only fail after every scene was looked at.

        Raises:
            InputError: The planner is a chat model, which needs a chain around it.
        """
        if self.planner is not None and takes_messages(self.planner):
            raise InputError(
                "planner must be a Runnable from a PlanRequest to a plan; a bare chat model is not one yet."
            )

    def language(self, request: DirectRequest) -> Language:
        """Return the language that the run speaks: the request's, else the setting's."""
        return request.language or self.settings.language

    def eyes(self, request: DirectRequest) -> Eyes:
        """Return who looks.

        Raises:
            PromptError: A prompt file cannot be used.
            NoBackendError: Nobody can look.
            InputError: What was forced contradicts itself or a setting.
        """
        return self._chosen_eyes(request) if self.vision is None else self._own_eyes(self.vision, request)

    def _own_eyes(self, vision: Runnable[Any, Any], request: DirectRequest) -> Eyes:
        prompts: tuple[Prompt, ...] = ()
        if takes_messages(vision):
            wording, prompts = load_wording(self.language(request), self._prompt_folder(request))
            vision = make_describer(Ladder(vision, wording, constrained(vision)))
        frames = request.frames_per_scene or FRAMES
        return Eyes(vision, prompts, _OWN_PARALLEL, request.max_scenes or 0, frames)

    def _chosen_eyes(self, request: DirectRequest) -> Eyes:
        language = self.language(request)
        wording, prompts = load_wording(language, self._prompt_folder(request))
        profile = self._profile(request)
        resolve = ExecutionPolicy.by_settings if request.no_policy else ExecutionPolicy.resolve
        policy = resolve(profile, self.settings, forced=request.forced)
        return Eyes(
            vision=build_vision_router(self.settings, policy=policy, wording=wording, language=language),
            prompts=prompts,
            parallel=max(route.parallel for route in policy.vision),
            max_scenes=policy.max_scenes,
            frames_per_scene=request.frames_per_scene or max(FRAMES, *(route.frames for route in policy.vision)),
            profile=profile,
            policy=policy,
            traced=self.settings.traced,
            cause=say(language, "no_vision", why=_bounds(policy)) if policy.stands_in else None,
        )

    def _profile(self, request: DirectRequest) -> RuntimeProfile:
        """Return what is here; no server is asked where no model is wanted."""
        if request.vision == "builtin":
            return RuntimeProfile.alone(self.settings)
        return RuntimeProfile.detect(self.settings)

    def _prompt_folder(self, request: DirectRequest) -> Path | None:
        return request.prompts or self.prompts or self.settings.prompts_dir

    def head(self, choice: PlannerChoice, language: Language) -> Head:
        """Return who plans."""
        if self.planner is not None:
            return Head(self.planner, named(self.planner))
        degraded = choice == "auto"
        cause = say(language, "no_planner") if degraded else None
        return Head(builtin_planner(), PlannedBy(planner="builtin", model=MODEL, degraded=degraded), cause)


def constrained(vision: Runnable[Any, Any]) -> Runnable[Any, Any] | None:
    """Return `vision` with its own server's constraint on the answer; None where we know of none."""
    constrain = getattr(vision, "answer_constraint", None) if isinstance(vision, BaseChatModel) else None
    return None if constrain is None else vision.bind(**constrain(answer_schema()))


def _bounds(policy: ExecutionPolicy) -> str:
    return "; ".join(f"{NAMES[over.backend]}: {over.bound}" for over in policy.passed_over)
