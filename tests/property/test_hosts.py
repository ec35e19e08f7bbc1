"""Lists of servers, however they are written: each server once, in its order, and a wrong one by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.agent.hosts import server_url
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError

ADDRESSES = ["0.0.0.0", "[::]", "[::1]"]  # noqa: S104  # how servers bind: read, not bound
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.lan)?", fullmatch=True) | st.sampled_from(ADDRESSES)
ports = st.none() | st.integers(1, 65535)
spaces = st.sampled_from(["", " ", "\t"])


@st.composite
def written(draw: st.DrawFn) -> str:
    scheme, port = draw(st.sampled_from(["", "http://", "https://"])), draw(ports)
    return f"{scheme}{draw(names)}{'' if port is None else f':{port}'}{draw(st.sampled_from(['', '/', '/v1']))}"


@given(st.lists(written(), min_size=1, max_size=6), spaces, spaces)
def test_each_server_of_a_list_is_the_one_that_it_means_alone(servers: list[str], before: str, after: str) -> None:
    text = f"{after},{before}".join(servers) + after
    known = Settings.from_env({"LMSTUDIO_HOST": text, "OLLAMA_HOST": text})
    lmstudio = [server_url(server, port=1234, path="/v1") for server in servers]
    ollama = [server_url(server, port=11434) for server in servers]
    assert known.lmstudio_hosts == tuple(dict.fromkeys(lmstudio))
    assert known.ollama_hosts == tuple(dict.fromkeys(ollama))
    again = Settings.from_env({"LMSTUDIO_HOST": known.lmstudio_host, "OLLAMA_HOST": known.ollama_host})
    assert (again.lmstudio_hosts, again.ollama_hosts) == (known.lmstudio_hosts, known.ollama_hosts)


wrong = st.sampled_from(["ftp://nas", "a b", "nas:port", "user@nas", "http://:1234", "nas:99999"])


@pytest.mark.parametrize("variable", ["LMSTUDIO_HOST", "OLLAMA_HOST"])
@given(st.lists(written(), max_size=4), wrong, st.lists(written(), max_size=2))
def test_a_wrong_one_is_named_wherever_it_stands(variable: str, before: list[str], bad: str, after: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Settings.from_env({variable: ", ".join([*before, bad, *after])})
    assert f"{variable}: {bad!r} is no address of a server; write it as http://localhost:" in str(caught.value)


@pytest.mark.parametrize("text", [",", " , ,"])
def test_a_list_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"OLLAMA_HOST: '.*' names no server; write it as http://localhost:11434"):
        Settings.from_env({"OLLAMA_HOST": text})
