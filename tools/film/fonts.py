"""What to install where no font has a character: by the kind of writing that it is."""

import sys
import unicodedata

_CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH")
_SYMBOLS = "emoji and symbols"
_PACKAGES = {"Chinese, Japanese or Korean": "fonts-noto-cjk", _SYMBOLS: "fonts-symbola"}  # Debian's and Ubuntu's
_OTHER = "fonts-noto-core"


def scripts_of(characters: str) -> str:
    """Return what kinds of writing these characters are, as people name them: "Thai, emoji and symbols"."""
    return ", ".join(_kinds(characters))


def remedy(characters: str) -> str:
    """Return what makes a font for these characters be there."""
    if sys.platform.startswith("linux"):
        packages = dict.fromkeys(_PACKAGES.get(kind, _OTHER) for kind in _kinds(characters))
        return f"sudo apt install {' '.join(packages)}"
    return f"install a font for {scripts_of(characters)}, such as the one of the Noto family"


def _kinds(characters: str) -> list[str]:
    return list(dict.fromkeys(_kind(character) for character in characters))


def _kind(character: str) -> str:
    name = unicodedata.name(character, "")
    if not name or unicodedata.category(character)[0] in "SC":
        return _SYMBOLS
    return "Chinese, Japanese or Korean" if name.startswith(_CJK) else name.split()[0].capitalize()
