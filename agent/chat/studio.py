"""The director as LangGraph's own server opens it (`langgraph dev`, by `langgraph.json`)."""

import asyncio
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from autocut_director.agent.chat.director_agent import build_director_agent
from autocut_director.tools.workspace import HERE


async def director() -> CompiledStateGraph[Any, Any, Any, Any]:
    """Make the agent for one run, over the folder in which the server was started; no request can name another.

    The server remembers, and shows what a person is asked. The agent is made in a thread: to look for models here takes
    a moment, and the server's event loop may not wait.
    """
    return await asyncio.to_thread(build_director_agent, workspace=HERE)
