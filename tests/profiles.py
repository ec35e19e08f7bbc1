"""Machines and model servers, as a profile would tell of them."""

from typing import Any

from autocut_director.agent.hardware.machine import Gpu
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.servers.probing import Runtime, ServedModel
from autocut_director.agent.settings import Settings

MOONDREAM = ServedModel(id="moondream2", sees=True, loaded=True, size_gib=1.5, parallel=4)


def machine(vram: float = 0.0, *, ram: float = 31.8, threads: int = 24, **more: Any) -> RuntimeProfile:
    """A machine with one GPU of `vram` GiB, or none."""
    gpus = (Gpu(vendor="nvidia", name="a card", vram_total_gib=vram, vram_free_gib=vram),) if vram else ()
    return RuntimeProfile(
        os="Linux", cpu_threads=threads, ram_total_gib=ram, ram_available_gib=ram * 0.7, gpus=gpus, **more
    )


def lmstudio(*models: ServedModel, **more: Any) -> Runtime:
    """An LM Studio server that answers, with `models`."""
    return _server("lmstudio", "http://127.0.0.1:1234/v1", models or (MOONDREAM,), source="/api/v1/models", **more)


def ollama(*models: ServedModel, **more: Any) -> Runtime:
    """An Ollama server that answers, with `models`."""
    stock = (ServedModel(id="moondream:latest", sees=True, size_gib=1.7),)
    return _server("ollama", "http://127.0.0.1:11434", models or stock, source="/api/tags", **more)


def embedded(**more: Any) -> Runtime:
    """A model file of the user's."""
    model = ServedModel(id="moondream2-text", sees=True, size_gib=1.5)
    return Runtime(**{"name": "embedded", "url": "", "state": "ready", "models": (model,), **more})


def openai(*models: str, **more: Any) -> Runtime:
    """OpenAI, answering."""
    served = tuple(ServedModel(id=name) for name in models or ("gpt-4o",))
    return Runtime(**{**_there("openai", "https://api.openai.com/v1"), "models": served, **more})


def deepseek(**more: Any) -> Runtime:
    """DeepSeek, answering."""
    served = (ServedModel(id="deepseek-flash"),)
    return Runtime(**{**_there("deepseek", "https://api.deepseek.com"), "models": served, **more})


def settings(**values: Any) -> Settings:
    """Settings by the environment's names, of which nothing else is read."""
    return Settings.model_validate(values)


def _there(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "url": url, "state": "ready", "remote": True}


def _server(name: str, url: str, models: tuple[ServedModel, ...], **more: Any) -> Runtime:
    seeing = [model for model in models if model.sees and not model.embedding and not model.remote]
    state = "ready" if any(model.loaded for model in seeing) else "not_loaded" if seeing else "no_vision"
    return Runtime(**{"name": name, "url": url, "state": state, "models": models, **more})
