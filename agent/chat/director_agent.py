"""The director as an agent: it looks, proposes, revises and renders in conversation, and asks before it pays.

agent = build_director_agent(workspace="footage", checkpointer=InMemorySaver())
thread = {"configurable": {"thread_id": "holiday"}}
agent.invoke({"messages": [("user", "A 20 s film of holiday.mp4, please.")]}, thread)
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from autocut_director.agent.backends.registry import constrained, takes_messages
from autocut_director.agent.chat.asking import Foreseeing, asks_first
from autocut_director.agent.chat.foresight import OUTPUTS, Foresight, Standing
from autocut_director.agent.chat.resilience import Resilient
from autocut_director.agent.chat.talker import Talker, find_talker, own_talker
from autocut_director.agent.chat.view import old_answers_left_out, room_for
from autocut_director.agent.planner import build_planner
from autocut_director.agent.policy.routes import Forced
from autocut_director.agent.router import load_wording
from autocut_director.agent.settings import Settings
from autocut_director.agent.toolkit import director_tools
from autocut_director.errors import NoBackendError
from autocut_director.prompts import load_prompt
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import make_describer
from autocut_director.tools.ladder import Ladder
from autocut_director.tools.plans.footage_table import estimated_tokens
from autocut_director.tools.toolset import make_describe_scenes
from autocut_director.tools.toolset.cutting import Planning, plan_tool
from autocut_director.tools.toolset.revising import revise_tool
from autocut_director.tools.toolset.telling import quoted
from autocut_director.tools.workspace import Workspace

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

_MOST_CALLS = 30  # of the model in one turn: one that goes in circles is stopped
_LEAST_ROOM = 1000  # tokens of conversation, or no turn fits
_ANY_FILM = "The footage is in your workspace; probe_video says which files there are."


def build_director_agent(  # noqa: PLR0913  # as many as a caller may bring of his own
    settings: Settings | None = None,
    *,
    model: BaseChatModel | None = None,
    vision: Runnable[Any, Any] | None = None,
    planner: Runnable[Any, Any] | None = None,
    forced: Forced | None = None,
    film: str = "",
    workspace: Workspace | Path | str | None = None,
    checkpointer: "BaseCheckpointSaver[Any] | None" = None,
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Make the agent, a LangGraph graph whose state has `messages`.

    Before a call that may cost money, sends something to another host or replaces a file it interrupts, with
    LangChain's `HITLRequest`; go on with `Command(resume={"decisions": [{"type": "approve"}]})`. That takes a
    checkpointer.

    Args:
        settings: What the environment says; read from it when None.
        model: The chat model that talks and calls tools. When None, the first that can of those that plan.
        vision: Who looks, instead of the policy's choice: from a scene's stills to its description.
        planner: Who plans, instead of the policy's choice. What your own eyes and planner cost is not asked about.
        forced: What is demanded of the policy, such as who looks.
        film: The film that is talked of, by its name in the workspace; any that is there when "".
        workspace: The only folder in which the tools read and write; the present working folder when None.
        checkpointer: What remembers the conversation; None where a LangGraph server does, or nothing is to be asked.

    Raises:
        NoBackendError: No model here can hold a conversation, or its context is too small.
        InputError: There is no such folder, or the environment has a value that cannot be.
        PromptError: `chat.md` cannot be used.
    """
    known = settings or Settings.from_env()
    here = workspace if isinstance(workspace, Workspace) else Workspace(workspace or Path.cwd())
    talker = find_talker(known, forced) if model is None else own_talker(model, known)
    own = _own_tools(known, here, vision, planner)
    return assemble(talker, known, here, own=own, forced=forced, film=film, checkpointer=checkpointer)


def assemble(  # noqa: PLR0913  # the parts of an agent
    talker: Talker,
    settings: Settings,
    workspace: Workspace,
    *,
    own: Sequence[BaseTool] = (),
    forced: Forced | None = None,
    film: str = "",
    checkpointer: "BaseCheckpointSaver[Any] | None" = None,
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Make the agent of its parts; `own`: tools with a caller's models in them, in place of those of that name.

    Raises:
        NoBackendError: The talker's context is too small.
        PromptError: `chat.md` cannot be used.
    """
    standing, replaced = Standing(settings, forced), frozenset(tool.name for tool in own)
    made = director_tools(settings, workspace=workspace, forced=forced, policy=standing.kept)
    tools = [*own, *(tool for tool in made if tool.name not in replaced)]
    system = _system(film, settings)
    room = _room(talker, system, tools)
    middleware = [
        asks_first(OUTPUTS),
        Foreseeing(Foresight(tools, workspace, standing, own=replaced), settings.language),
        ModelCallLimitMiddleware(run_limit=_MOST_CALLS, exit_behavior="end"),
        old_answers_left_out(room),
        Resilient(room=room, secrets=talker.secrets),
    ]
    return create_agent(
        talker.model,
        tools=tools,
        system_prompt=system,
        middleware=middleware,
        checkpointer=checkpointer,
        name="director",
    )


def _own_tools(
    settings: Settings, here: Workspace, vision: Runnable[Any, Any] | None, planner: Runnable[Any, Any] | None
) -> list[BaseTool]:
    """Return the tools that work with a caller's own eyes and planner."""
    looks = [] if vision is None else [make_describe_scenes(_eyes(vision, settings), workspace=here)]
    if planner is None:
        return looks
    planning = Planning(build_planner(settings, planner=planner), settings.language, settings.prompts_dir)
    return [*looks, plan_tool(lambda: planning, here), revise_tool(lambda: planning, here)]


def _eyes(vision: Runnable[Any, Any], settings: Settings) -> Runnable[Any, Any]:
    """Return a caller's eyes as they are, and his chat model with our question."""
    if not takes_messages(vision):
        return vision
    wording, _ = load_wording(settings.language, settings.prompts_dir)
    return make_describer(Ladder(vision, wording, constrained(vision, answer_schema())))


def _system(film: str, settings: Settings) -> str:
    said = f"The film is {quoted(film)}, in your workspace." if film else _ANY_FILM
    return load_prompt("chat", settings.prompts_dir).render({"film": said})


def _room(talker: Talker, system: str, tools: Sequence[BaseTool]) -> int:
    """Return how many tokens of conversation the model's context holds.

    Raises:
        NoBackendError: Too few to talk at all.
    """
    fixed = _always_sent(system, tools)
    room = room_for(talker.context, fixed, talker.answer)
    if room < _LEAST_ROOM:
        needed = fixed + talker.answer + _LEAST_ROOM
        name = talker.route.model if talker.route else "The given model"
        raise NoBackendError(
            f"{name} takes {talker.context} tokens, a conversation at least {needed}; load it with a longer context, "
            "such as 16384."
        )
    return room


def _always_sent(system: str, tools: Sequence[BaseTool]) -> int:
    """Return the tokens of what is sent with every message, by estimate."""
    schemas = json.dumps([tool.tool_call_schema.model_json_schema() for tool in tools])  # type: ignore[union-attr]
    return estimated_tokens(system) + estimated_tokens(schemas)
