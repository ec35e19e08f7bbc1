"""XML as text and back."""

from pathlib import Path
from xml.etree import ElementTree as ET

from autocut_director.errors import DocumentError
from autocut_director.tools.interchange.characters import for_xml


def child(parent: ET.Element, tag: str, text: str | int | None = None, **attributes: str | int) -> ET.Element:
    """Put an element with `text` and `attributes` last into `parent`; characters that XML forbids are dropped."""
    made = ET.SubElement(parent, tag, {name: for_xml(str(value)) for name, value in attributes.items()})
    if text is not None:
        made.text = for_xml(str(text))
    return made


def xml_text(root: ET.Element, *, doctype: str) -> str:
    """Return a whole XML document."""
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n{body}\n'


def read_xml(path: Path) -> ET.Element:
    """Read an XML file that a stranger may have written.

    Raises:
        DocumentError: No such file, not XML, or it declares entities, which could make it grow without end.
    """
    try:
        data = path.read_bytes()
        if b"<!ENTITY" in data:
            raise DocumentError(f"{path} declares XML entities, which no editing program writes; it is not read.")
        return ET.fromstring(data)  # noqa: S314
    except OSError as exc:
        raise DocumentError(f"Cannot read {path}: {exc.strerror or exc}.") from exc
    except (ET.ParseError, ValueError, LookupError) as exc:  # LookupError: an encoding that Python does not know
        raise DocumentError(f"{path} is not XML: {exc}.") from exc
