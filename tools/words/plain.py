"""Text from outside, made fit for one line of anything: a table, a prompt, a picture."""


def printable(text: str) -> str:
    """Return `text` on one line, without what cannot be seen: controls, and marks that turn the reading direction."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
