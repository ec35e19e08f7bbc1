"""How a function becomes a tool: typed arguments, a short text with the whole value as artifact, errors by audience.

What a model can mend (a path, an id, a document, an argument) is told to the model. What only a person can mend (no
backend, a wrong prompt file, a full disk) is raised, and ends the agent's run.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.tools.base import create_schema_from_function
from pydantic import BaseModel, ConfigDict, ValidationError

from autocut_director.errors import InputError, OutputError, PlanError, PromptError
from autocut_director.tools.timeline import problems
from autocut_director.tools.toolset.telling import one_line
from autocut_director.tools.workspace import Workspace

Arguments = ParamSpec("Arguments")
Artifact = TypeVar("Artifact")

_LONGEST_ERROR = 800  # characters


class FootageTool(StructuredTool):
    """A tool that is its plain function too: call it from Python, or let a model invoke it."""

    plain: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the plain function with Python values; no workspace bounds it."""
        return self.plain(*args, **kwargs)


def make_tool(
    function: Callable[..., tuple[str, Any]], workspace: Workspace, *, plain: Callable[..., Any] | None = None
) -> BaseTool:
    """Make a tool of `function`, by its name, its Google docstring and its annotations.

    Args:
        function: Returns the text for the model and the artifact.
        workspace: Where it works.
        plain: What the tool is when Python calls it.
    """
    kind: type[StructuredTool] = StructuredTool if plain is None else FootageTool
    schema = _arguments(function)
    more: dict[str, Any] = {} if plain is None else {"plain": plain}
    return kind.from_function(
        func=_told(function, workspace),
        name=function.__name__,
        description=schema.__doc__,
        args_schema=schema,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=partial(_wrong_arguments, tuple(schema.model_fields)),
        **more,
    )


def _told(
    function: Callable[Arguments, tuple[str, Artifact]], workspace: Workspace
) -> Callable[Arguments, tuple[str, Artifact]]:
    """Let a model hear of what it can mend, with paths as it knows them."""

    @wraps(function)
    def tell(*args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[str, Artifact]:
        try:
            return function(*args, **kwargs)
        except (PromptError, OutputError):
            raise
        except (InputError, PlanError) as exc:
            raise ToolException(one_line(workspace.told(str(exc)), _LONGEST_ERROR)) from exc

    return tell


def _arguments(function: Callable[..., Any]) -> type[BaseModel]:
    """Return the arguments as a schema that knows no others: a misspelt one must not be dropped in silence."""
    schema = create_schema_from_function(
        function.__name__,
        function,
        parse_docstring=True,
        error_on_invalid_docstring=True,
    )
    strict = ConfigDict(extra="forbid")
    return type(function.__name__, (schema,), {"model_config": strict, "__doc__": schema.__doc__})


def _wrong_arguments(known: Sequence[str], error: Any) -> str:
    """Say to a model which arguments were wrong, why, and which there are."""
    if not isinstance(error, ValidationError):
        raise error
    wrong = one_line("; ".join(problems(error)), _LONGEST_ERROR)
    return f"Wrong arguments: {wrong}. The arguments are: {', '.join(known) or 'none'}."
