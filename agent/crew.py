"""Who looks and who plans in one run: the caller's own Runnables, or the ones that the request names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.runnables import Runnable

from autocut_director.agent.backends import ChatBuiltinVision
from autocut_director.agent.builtin_planner import MODEL
from autocut_director.agent.planner import Planner, builtin_planner, named
from autocut_director.agent.request import Choice, DirectRequest
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError
from autocut_director.prompts import Prompt, load_prompt
from autocut_director.tools.describe import Vision, make_describer
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language, PlannedBy


def takes_messages(runnable: Runnable[Any, Any]) -> bool:
    """Tell whether `runnable` is a chat model, or one that was bound, retried, made configurable or given fallbacks."""
    return bool(runnable.InputType == ChatBuiltinVision().InputType)


@dataclass(frozen=True)
class Eyes:
    """Who looks, with which prompt; `cause` says why the run is degraded by it."""

    vision: Vision
    prompts: tuple[Prompt, ...]
    parallel: int
    cause: str | None = None


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
            PromptError: The prompt file cannot be used.
        """
        if self.vision is not None and not takes_messages(self.vision):
            return Eyes(self.vision, (), parallel=4)
        language = self.language(request)
        prompt = load_prompt("describe_scene", request.prompts or self.prompts or self.settings.prompts_dir)
        if self.vision is not None:
            return Eyes(make_describer(self.vision, prompt, language=language), (prompt,), parallel=4)
        builtin = make_describer(ChatBuiltinVision(language=language), prompt, language=language)
        cause = say(language, "no_vision") if request.vision == "auto" else None
        return Eyes(builtin, (prompt,), parallel=2, cause=cause)

    def head(self, choice: Choice, language: Language) -> Head:
        """Return who plans."""
        if self.planner is not None:
            return Head(self.planner, named(self.planner))
        degraded = choice == "auto"
        cause = say(language, "no_planner") if degraded else None
        return Head(builtin_planner(), PlannedBy(planner="builtin", model=MODEL, degraded=degraded), cause)
