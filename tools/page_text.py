"""Text from outside, made safe for where markup cannot isolate it: attributes, the title, and addresses."""

from urllib.parse import quote

_ISOLATE, _END = "\u2068", "\u2069"  # first-strong isolate, and its end
_DIRECTIONS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def isolated(text: str) -> str:
    """Return `text` so that its direction cannot spill over what stands beside it."""
    return f"{_ISOLATE}{text.translate(_DIRECTIONS)}{_END}"


def beside(path: str) -> str:
    """Return the address of a file named relative to the page; never another host's, whatever the name is."""
    return f"./{quote(path)}"
