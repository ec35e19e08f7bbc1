"""What a run would take, without making it: the film is read and its scenes are found, but no model is asked."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig, RunnableLambda

from autocut_director.agent.director import ask, find_footage, found_footage
from autocut_director.agent.estimate import Estimate
from autocut_director.agent.run.crew import Crew
from autocut_director.agent.run.outlook import outlook
from autocut_director.agent.run.turns import sample
from autocut_director.agent.run.wishing import wish_at
from autocut_director.agent.settings import Settings


def estimate_run(
    options: Mapping[str, Any],
    *,
    settings: Settings | None = None,
    prompts: Path | str | None = None,
    config: RunnableConfig | None = None,
) -> Estimate:
    """Tell what a run of the director would take, within its bounds: scenes, stills, tokens, cost, seconds.

    What is found out about the film is kept in the store, so that the run itself need not do it again. Model servers
    are asked which models they have, and nothing else; no frame and no text leaves this machine; `out` is not touched.

    Args:
        options: The run's options by name, as the director takes them.
        settings: What the environment says; read from it when None.
        prompts: A folder whose prompt files replace the program's own.
        config: Callbacks, which are told of the progress.

    Raises:
        InputError: As the director would; or a bound that cannot be kept.
    """
    crew = Crew(settings or Settings.from_env(), prompts=Path(prompts) if prompts else None)
    unwritten = {**options, "out": None}
    found = RunnableLambda(partial(ask, crew), name="request") | found_footage(find_footage)
    sampled = sample(found.with_config(run_name="estimate").invoke(unwritten, config))
    return outlook(sampled, wish_at(sampled)).estimate
