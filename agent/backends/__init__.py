"""One file a backend, each a LangChain chat model. Backends never import one another.

What those that speak OpenAI's protocol share is in `openai_compatible`.

Names are loaded when they are first used: a run without a model server need not load a client for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocut_director.agent.backends.builtin import ChatBuiltinVision
    from autocut_director.agent.backends.deepseek import ChatDeepSeekPlanner
    from autocut_director.agent.backends.embedded import ChatEmbeddedVision
    from autocut_director.agent.backends.lmstudio import ChatLMStudio
    from autocut_director.agent.backends.ollama import ChatOllamaVision
    from autocut_director.agent.backends.openai import ChatOpenAIVision

__all__ = [
    "ChatBuiltinVision",
    "ChatDeepSeekPlanner",
    "ChatEmbeddedVision",
    "ChatLMStudio",
    "ChatOllamaVision",
    "ChatOpenAIVision",
]

_HOMES = {
    "ChatBuiltinVision": "builtin",
    "ChatDeepSeekPlanner": "deepseek",
    "ChatEmbeddedVision": "embedded",
    "ChatLMStudio": "lmstudio",
    "ChatOllamaVision": "ollama",
    "ChatOpenAIVision": "openai",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
