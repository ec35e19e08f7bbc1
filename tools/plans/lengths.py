"""A length asked for in words: "20 seconds", "shorter", "短一点". What is not plainly one is left to a model."""

import re

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_EXACT: tuple[tuple[str, float], ...] = (
    (rf"{_NUMBER}\s*(?:s|sec|secs|second|seconds|秒钟?)(?![a-z])", 1.0),
    (rf"{_NUMBER}\s*(?:m|min|mins|minute|minutes|分钟?)(?![a-z])", 60.0),
)
_ONLY = r"^\W*(?:(?:please|a (?:bit|little)|much|make it|please make it|请|再|要|剪)\W*)*"
_END = r"(?:\W*(?:please|a (?:bit|little)|一点|一些|些|点|吧))*\W*$"
_FACTORS: tuple[tuple[str, float], ...] = (
    (r"(?:half as long|half the length|half|一半(?:长)?|减半)", 0.5),
    (r"(?:twice as long|double the length|double|两倍(?:长)?|加倍)", 2.0),
    (r"(?:shorter|更短|短)", 0.75),
    (r"(?:longer|更长|长)", 4 / 3),
)


def asked_seconds(words: str, now: float) -> float | None:
    """Return the seconds that `words` ask an edit to last that lasts `now` seconds; None where they ask for none.

    A factor counts only where the whole of a part of `words` says it: "make the intro shorter" is no such wish.
    """
    for pattern, unit in _EXACT:
        found = re.search(pattern, words, re.IGNORECASE)
        if found:
            return float(found[1].replace(",", ".")) * unit
    for part in re.split(r"[,,;;.。、]|\band\b", words):
        for pattern, factor in _FACTORS:
            if re.match(_ONLY + pattern + _END, part.strip(), re.IGNORECASE):
                return now * factor
    return None
