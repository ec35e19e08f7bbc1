"""The real engine, started once for all contract tests."""

from collections.abc import Iterator

import pytest
from engine import PAIR

from autocut_director.agent.backends.llama_server import LlamaServer, close_all, serve


@pytest.fixture(scope="session")
def engine() -> Iterator[LlamaServer]:
    """llama.cpp's server with the small model that sees."""
    yield serve(PAIR)
    close_all()
