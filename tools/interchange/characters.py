"""What of a text a file can hold: names and reasons come from people and models, and may hold anything."""

import re

_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def for_xml(text: str) -> str:
    """Return `text` without what XML 1.0 forbids; every line ends with a line feed, as a parser would give it back."""
    return _NOT_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return `text` on one line, without control characters: no text can start a line of its own."""
    return _CONTROLS.sub("", " ".join(text.split()))
