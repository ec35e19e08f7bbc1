"""Whether a model fits into this machine's free memory, as far as that is known beforehand."""

from autocut_director.agent.hosts import is_here
from autocut_director.agent.policy.models import family_of
from autocut_director.agent.policy.routes import Backend, Case, PassedOver
from autocut_director.agent.servers.probing import ServedModel

_HEADROOM = 1.2  # a model wants about a fifth more than its file: context and pictures


def need(model: ServedModel) -> float:
    """Return the memory in GiB that a model wants; 0 where nobody knows."""
    family = family_of(model.id)
    size = model.size_gib or (family.gib if family else 0.0)
    return size * _HEADROOM


def free(case: Case) -> float:
    """Return the GiB that a model may take: on the GPU with most free memory, or in the RAM."""
    cards = [gpu.vram_free_gib if gpu.vram_free_gib is not None else gpu.vram_total_gib for gpu in case.profile.gpus]
    return max([case.profile.ram_available_gib, *cards])


def fits(model: ServedModel, url: str, case: Case) -> bool:
    """Tell whether a model of the server at `url` fits; another machine's memory is its own affair."""
    return model.loaded or not is_here(url) or need(model) <= free(case)


def no_room(backend: Backend, model: ServedModel, url: str, case: Case) -> PassedOver | None:
    """Return the bound where a model of the server at `url` does not fit."""
    if fits(model, url, case):
        return None
    bound = f"{model.id} wants about {need(model):.1f} GiB, {free(case):.1f} GiB are free"
    return PassedOver(backend=backend, bound=bound, mend="close programs, or take a smaller model")
