"""Whose words the conversation is: a route that the policy chose, or a caller's model, as one that streams."""

from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from autocut_director.agent.backends.registry import Order, make_model, secrets_of
from autocut_director.agent.policy.execution import choose_talker
from autocut_director.agent.policy.routes import Forced, PlannerRoute
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.settings import Settings

_LONGEST_ANSWER = 2000  # tokens; what is said is short, and a call's arguments are too
_OWN_CONTEXT = 32_000  # tokens, where a caller's model does not say what it takes


@dataclass(frozen=True)
class Talker:
    """The model that holds the conversation. `context` and `answer`: tokens; `route`: None for a caller's own."""

    model: BaseChatModel
    context: int
    answer: int = _LONGEST_ANSWER
    route: PlannerRoute | None = None
    secrets: tuple[str, ...] = ()


def own_talker(model: BaseChatModel, settings: Settings) -> Talker:
    """Return a caller's model as the one that talks."""
    profile = model.profile or {}
    context = int(profile.get("max_input_tokens") or _OWN_CONTEXT)
    return Talker(model, context, secrets=secrets_of(settings))


def find_talker(settings: Settings, forced: Forced | None = None) -> Talker:
    """Look at this machine and return the model that talks.

    Raises:
        NoBackendError: There is none that calls tools.
    """
    return talker_of(choose_talker(RuntimeProfile.detect(settings), settings, forced=forced), settings)


def talker_of(route: PlannerRoute, settings: Settings) -> Talker:
    """Return the model of a route as the one that talks."""
    context = route.context_tokens or 0
    longest = min(_LONGEST_ANSWER, context // 4)
    model = make_model(Order(route, settings, settings.language, route.read_seconds, longest))
    model.disable_streaming = False  # a person reads along
    return Talker(model, context, longest, route, secrets_of(settings))
