"""Which encoding a text is in that does not say it: the one in which it is made of common characters.

A byte order mark is believed. Without one: UTF-8 where it is that, then UTF-16 by its zero bytes, then whichever of
GB 18030 (Chinese, simplified), Big5 (Chinese, traditional) and Windows-1252 (western Europe) makes the largest share of
what is not ASCII common: Chinese characters of the two standards' first levels, accented letters beside small letters.
"""

import re

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHINESE = {
    "gb18030": re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    "big5": re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"),
}
_WESTERN = "cp1252"
_ACCENTED = re.compile(r"(?<=[a-z])[\u00c0-\u024f]|[\u00c0-\u024f](?=[a-z])|[\u2010-\u2026¿¡]")
_IN_A_WORD = re.compile(r"(?<=[a-z])[\u3400-\u9fff]|[\u3400-\u9fff](?=[a-z])")  # so no Chinese is written
_ZERO_SHARE = 1 / 8  # of all bytes: half of every ASCII character in UTF-16, and subtitles are full of digits
_BROKEN_SHARE = 0.1  # of what is not ASCII: a damaged UTF-8 file has fewer, any other encoding far more
_SAMPLE = 2**20  # bytes that are looked at


def encoding_of(data: bytes) -> str:
    """Return the name of the encoding that the text `data` is in, as Python knows it."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    return marked or _by_zeros(data) or ("utf-8" if _is_utf8(data) else _by_characters(data))


def _by_zeros(data: bytes) -> str | None:
    first, second = data[::2].count(0), data[1::2].count(0)
    if max(first, second) <= _ZERO_SHARE * len(data) or (first and second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _is_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    return text.count("\ufffd") <= _BROKEN_SHARE * len(_foreign(text))


def _by_characters(data: bytes) -> str:
    """Return the likeliest of the encodings that are older than Unicode; of equals, the first."""
    sample = data[: data.rfind(b"\n", 0, _SAMPLE) + 1 or None] if len(data) > _SAMPLE else data
    return max((*_CHINESE, _WESTERN), key=lambda encoding: _common_share(sample, encoding))


def _common_share(data: bytes, encoding: str) -> float:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return -1.0
    foreign = _foreign(text)
    if encoding == _WESTERN:
        return len(_ACCENTED.findall(text)) / max(1, len(foreign))
    common = sum(_CHINESE[encoding].fullmatch(character.encode(encoding)) is not None for character in foreign)
    return (common - len(_IN_A_WORD.findall(text))) / max(1, len(foreign))


def _foreign(text: str) -> list[str]:
    return [character for character in text if not character.isascii()]
