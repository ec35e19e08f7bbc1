"""A page that is one file: its template, beside which its other parts lie, and how its policy names those parts."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from autocut_director.tools.page_text import isolated


def page_template(folder: Path) -> Template:
    """Return the template `page.html` of `folder`. What is put into it is escaped; what is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["isolated"] = isolated
    return environment.get_template("page.html")


def digest(text: str) -> str:
    """Return a text as a Content-Security-Policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
