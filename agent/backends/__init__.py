"""One file a vision backend, each a LangChain chat model. Backends never import one another."""

from autocut_director.agent.backends.builtin import ChatBuiltinVision

__all__ = ["ChatBuiltinVision"]
