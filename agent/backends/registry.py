"""From a route to the chat model that takes it: one line a backend.

Every model here answers whole (no streaming), at a bounded length, in finite time, with its own key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel, ModelProfile
from langchain_core.runnables import Runnable
from pydantic import SecretStr

from autocut_director.agent.policy.models import thinks
from autocut_director.agent.policy.routes import PlannerBackend, Route, VisionRoute
from autocut_director.agent.settings import Settings
from autocut_director.errors import NoBackendError
from autocut_director.tools.timeline import Language

if TYPE_CHECKING:
    from openai import Timeout

_LONGEST_ANSWER = 1000  # tokens; a description in Chinese takes about 300
_CONTEXT = 8192  # tokens for Ollama: three stills of an unsparing model, the prompt and the answer


_OPTIONS = ("temperature", "max_tokens", "num_predict", "reasoning", "reasoning_effort")
RouteT = TypeVar("RouteT", bound=Route)


@dataclass(frozen=True)
class Order(Generic[RouteT]):
    """What a model is made for."""

    route: RouteT
    settings: Settings
    language: Language
    read_seconds: float
    longest_answer: int = _LONGEST_ANSWER

    @property
    def timeout(self) -> "Timeout":
        """How long to wait for a connection, and for an answer."""
        from openai import Timeout

        return Timeout(self.read_seconds, connect=self.route.connect_seconds)

    @property
    def profile(self) -> ModelProfile:
        """What the server says of the model."""
        profile = ModelProfile(image_inputs=isinstance(self.route, VisionRoute), image_url_inputs=False)
        if self.route.context_tokens:
            profile["max_input_tokens"] = self.route.context_tokens
        return profile


def make_model(order: Order[Any]) -> BaseChatModel:
    """Make the chat model of a route; nothing is asked or started yet."""
    return _MAKERS[order.route.backend](order)


def options_of(model: BaseChatModel) -> dict[str, Any]:
    """Return the options by which a model's answer to the same question may be another.

    The room for a question (`num_ctx`) is none: a server's choice of it differs from day to day.
    """
    return {name: getattr(model, name) for name in _OPTIONS if getattr(model, name, None) is not None}


def takes_messages(runnable: Runnable[Any, Any]) -> bool:
    """Tell whether `runnable` is a chat model, or one that was bound, retried, made configurable or given fallbacks."""
    from autocut_director.agent.backends import ChatBuiltinVision

    return bool(runnable.InputType == ChatBuiltinVision().InputType)


def constrained(model: Runnable[Any, Any], schema: dict[str, Any]) -> Runnable[Any, Any] | None:
    """Return `model` kept to a JSON schema by its own server's means; None where we know of none."""
    constrain = getattr(model, "answer_constraint", None) if isinstance(model, BaseChatModel) else None
    return None if constrain is None else model.bind(**constrain(schema))


def guarded(order: Order[Any], model: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """Return `model`, made for `order` and perhaps bound, so that it raises our errors in place of its client's."""
    name = f"ask_{order.route.backend}"
    if order.route.backend == "builtin":  # it has no client; the clients of the others take a third of a second to load
        return model.with_config(run_name=name)
    from autocut_director.agent.backends.translation import translating

    return translating(model, name=name, model_name=order.route.model, secrets=secrets_of(order.settings))


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the keys that no message may show."""
    keys = (settings.lm_api_token, settings.openai_api_key, settings.deepseek_api_key)
    return tuple(key.get_secret_value() for key in keys if key is not None)


def _lmstudio(order: Order[Any]) -> BaseChatModel:
    from autocut_director.agent.backends import ChatLMStudio

    token = order.settings.lm_api_token
    own: dict[str, Any] = {} if token is None else {"api_key": token}
    return ChatLMStudio(
        model=order.route.model,
        base_url=order.route.url,
        timeout=order.timeout,
        profile=order.profile,
        temperature=0,
        max_tokens=order.longest_answer,
        disable_streaming=True,
        **own,
    )


def _ollama(order: Order[Any]) -> BaseChatModel:
    import httpx

    from autocut_director.agent.backends import ChatOllamaVision

    timeout = httpx.Timeout(order.read_seconds, connect=order.route.connect_seconds)
    return ChatOllamaVision(
        model=order.route.model,
        base_url=order.route.url,
        client_kwargs={"timeout": timeout},
        profile=order.profile,
        temperature=0,
        num_ctx=order.route.context_tokens or _CONTEXT,
        num_predict=order.longest_answer,
        disable_streaming=True,
    )


def _embedded(order: Order[Any]) -> BaseChatModel:
    from autocut_director.agent.backends import ChatEmbeddedVision

    model, mmproj = order.settings.embedded_model, order.settings.embedded_mmproj
    if model is None or mmproj is None:
        raise NoBackendError("EMBEDDED_MODEL and EMBEDDED_MMPROJ are not both set; name the two files in .env.")
    return ChatEmbeddedVision(
        model_path=model,
        mmproj_path=mmproj,
        parallel=order.route.parallel if isinstance(order.route, VisionRoute) else 1,
        timeout=order.timeout,
        profile=order.profile,
        temperature=0,
        max_tokens=order.longest_answer,
        disable_streaming=True,
    )


def _openai(order: Order[Any]) -> BaseChatModel:
    from autocut_director.agent.backends import ChatOpenAIVision

    own: dict[str, Any] = {"reasoning_effort": "none"} if thinks(order.route.model) else {}
    return ChatOpenAIVision(
        model=order.route.model,
        base_url=order.route.url,
        api_key=order.settings.openai_api_key or SecretStr(""),
        timeout=order.timeout,
        max_tokens=order.longest_answer,
        disable_streaming=True,
        **own,
    )


def _deepseek(order: Order[Any]) -> BaseChatModel:
    from autocut_director.agent.backends import ChatDeepSeekPlanner

    return ChatDeepSeekPlanner(
        model_name=order.route.model,
        base_url=order.route.url,
        api_key=order.settings.deepseek_api_key or SecretStr(""),
        timeout=order.timeout,
        max_tokens=order.longest_answer,
        disable_streaming=True,
    )


def _builtin(order: Order[Any]) -> BaseChatModel:
    from autocut_director.agent.backends import ChatBuiltinVision

    return ChatBuiltinVision(language=order.language)


_MAKERS: dict[PlannerBackend, Callable[[Order[Any]], BaseChatModel]] = {
    "lmstudio": _lmstudio,
    "ollama": _ollama,
    "embedded": _embedded,
    "openai": _openai,
    "deepseek": _deepseek,
    "builtin": _builtin,
}
