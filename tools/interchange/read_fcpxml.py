"""The parts of films that an FCPXML document uses, from Final Cut Pro or DaVinci Resolve.

Times are rational seconds. A clip's `start` counts on its film's own clock, and an asset says where that begins.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from autocut_director.errors import DocumentError
from autocut_director.tools.interchange.source_clips import SourceClip, wrong_rate, wrong_start
from autocut_director.tools.interchange.xml_files import read_xml
from autocut_director.tools.timeline import Media, frame_count

_TIME = re.compile(r"(-?\d{1,19})(?:/(\d{1,10}))?s")
_COMPOUNDS = {"sync-clip", "mc-clip", "ref-clip", "audition"}


@dataclass(frozen=True)
class _Project:
    """A sequence, the assets and formats that it refers to, and the film: `start` frames, `rate` frames a second."""

    path: Path
    sequence: Element
    resources: dict[str, Element]
    start: int
    rate: Fraction


def fcpxml_clips(path: Path, media: Media, rate: Fraction) -> Iterator[SourceClip]:
    """Give each clip with pictures in the projects of `path`, a file or a `.fcpxmld` bundle.

    Raises:
        DocumentError: No such file, not FCPXML, no project in it, or a time that is none.
    """
    file = path / "Info.fcpxml" if path.is_dir() else path
    root = read_xml(file)
    sequences = [sequence for project in root.iter("project") for sequence in project.findall("sequence")]
    if root.tag != "fcpxml" or not sequences:
        raise DocumentError(f"{path} holds no project: export the project itself from the editing program, as FCPXML.")
    resources = {found.get("id", ""): found for found in root.findall("resources/*")}
    for sequence in sequences:
        project = _Project(file, sequence, resources, frame_count(media.start_tc, rate), rate)
        for spine in sequence.findall("spine"):
            yield from _clips(spine, project, in_compound=False)


def _clips(parent: Element, project: _Project, *, in_compound: bool) -> Iterator[SourceClip]:
    for item in parent:
        if item.get("enabled") == "0":
            continue
        if item.tag in {"asset-clip", "video"} and item.get("srcEnable") != "audio":
            yield _source_clip(item, parent, project, in_compound=in_compound)
        elif item.tag in {"mc-clip", "ref-clip"}:
            name = item.get("name", item.tag)
            yield SourceClip(name=name, media=(name,), start=Fraction(0), length=Fraction(0), problem=_FLATTEN)
        yield from _clips(item, project, in_compound=in_compound or item.tag in _COMPOUNDS)


_FLATTEN = "it lies in a compound clip: break that apart first"


def _source_clip(item: Element, parent: Element, project: _Project, *, in_compound: bool) -> SourceClip:
    asset = project.resources.get(item.get("ref", ""), Element("asset"))
    declared = _frames(asset, "start", project) or Fraction(0)
    start = _frames(item, "start", project)
    length = _frames(item, "duration", project) or _frames(asset, "duration", project)
    first, retimed = declared if start is None else start, item.find("timeMap") is not None
    name = item.get("name", "")
    if parent.tag == "clip" and item.get("lane") is None:  # the clip is a window on its picture
        first += (_frames(parent, "start", project) or 0) - (_frames(item, "offset", project) or 0)
        length, retimed = _frames(parent, "duration", project) or length, retimed or parent.find("timeMap") is not None
        name = parent.get("name", name)
    return SourceClip(
        name=name,
        media=_names(asset),
        start=first - declared,
        length=length or Fraction(0),
        problem=_problem(project, declared, retimed=retimed, in_compound=in_compound),
    )


def _names(asset: Element) -> tuple[str, ...]:
    urls = [asset.get("src", ""), *(found.get("src", "") for found in asset.findall("media-rep"))]
    return tuple(filter(None, urls)) or (asset.get("name", ""),)


def _problem(project: _Project, declared: Fraction, *, retimed: bool, in_compound: bool) -> str:
    if in_compound:
        return _FLATTEN
    if retimed:
        return "it is retimed"
    form = project.resources.get(project.sequence.get("format", ""), Element("format"))
    frame = _seconds(form, "frameDuration", project)
    return (wrong_rate(1 / frame, project.rate) if frame else "") or wrong_start(declared, project.start)


def _frames(item: Element, attribute: str, project: _Project) -> Fraction | None:
    seconds = _seconds(item, attribute, project)
    return None if seconds is None else seconds * project.rate


def _seconds(item: Element, attribute: str, project: _Project) -> Fraction | None:
    text = item.get(attribute)
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None or (match[2] is not None and int(match[2]) == 0):
        raise DocumentError(
            f"{project.path}: {attribute} of {item.tag} {item.get('name', '')!r} is {text[:40]!r}; "
            "a time is a rational number of seconds, such as 1001/30000s."
        )
    return Fraction(int(match[1]), int(match[2] or 1))
