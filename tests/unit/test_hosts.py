"""Whether frames may be sent to a server hangs on its name: which names are this machine, and how they are written."""

import pytest

from autocut_director.agent.hosts import host_of, is_here, server_url


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:1234/v1",
        "http://LOCALHOST:1234/v1",
        "http://127.0.0.1:11434",
        "http://127.1.2.3",
        "http://[::1]:11434",
        "https://[0:0:0:0:0:0:0:1]",
    ],
)
def test_loopback_is_here_however_it_is_written(url: str) -> None:
    assert is_here(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "http://evil.com/localhost",
        "http://evil.com?127.0.0.1",
        "http://evil.com#@localhost",
        "http://localhost@evil.com",
        "http://127.0.0.1:80@evil.com/v1",
        "http://notlocalhost",
        "http://localhost.localdomain",
        "http://localhost.:1234",
        "http://127.0.0.1.:1234",
        "http://127.1",
        "http://2130706433",
        "http://[::2]",
        "http://192.168.1.5:1234",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "https://api.openai.com/v1",
        "",
    ],
)
def test_what_only_looks_like_loopback_or_is_near_is_elsewhere(url: str) -> None:
    assert not is_here(url)


def test_a_host_that_its_owner_named_counts_as_here_and_no_other_does() -> None:
    named = ("nas", " Studio.LAN ", "192.168.1.5", "fd00::5")
    for url in ("http://nas:11434", "http://NAS/v1", "http://studio.lan", "http://192.168.1.5:1", "http://[fd00::5]"):
        assert is_here(url, named), url
    for url in ("http://nas.evil.com", "http://xnas", "http://nas@evil.com", "http://192.168.1.50", "http://nas.:1"):
        assert not is_here(url, named), url


def test_an_empty_name_in_the_list_lets_nothing_in() -> None:
    assert not is_here("http://evil.com", ("",))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("localhost", "http://localhost:1234/v1"),
        ("LOCALHOST", "http://localhost:1234/v1"),
        (" 0.0.0.0:11434 ", "http://127.0.0.1:11434/v1"),
        ("http://[::]:11434", "http://127.0.0.1:11434/v1"),
        ("[::1]", "http://[::1]:1234/v1"),
        ("http://nas:8080/lm/", "http://nas:8080/lm"),
        ("https://nas.home", "https://nas.home:443/v1"),
        ("127.1.2.3", "http://127.1.2.3:1234/v1"),
        ("nas.", "http://nas.:1234/v1"),
    ],
)
def test_every_way_to_write_an_address_is_understood(text: str, means: str) -> None:
    assert server_url(text, port=1234, path="/v1") == means


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "http://",
        "http://:1234",
        "http://host:port",
        "http://host:99999",
        "ftp://host",
        "file:///etc/passwd",
        "http://a b",
        "http://user:pass@host",
        "http://user@host",
        "http://@host",
        "user:pass@localhost",
        "http://127.0.0.1:80@evil.com",
    ],
)
def test_what_is_no_address_or_hides_one_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of a server; write it as http://localhost:1234"):
        server_url(text, port=1234)


def test_the_host_is_told_in_lower_case_without_port_and_brackets() -> None:
    assert [host_of(url) for url in ("http://NAS:1/v1", "http://[::1]:2", "nonsense")] == ["nas", "::1", ""]
