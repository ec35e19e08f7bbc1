"""A browser, and the pages of a real run and of its revision, made once: opened from a folder as a person would."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from autocut_director import Settings, build_director, revise

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required --mute-audio"
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Opened:
    """A page, and what it complained of or asked for besides its own files."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a machine without one skips these tests, except in CI.

    Playwright's event loop runs as long as this fixture: a session would stop the asynchronous tests of other modules.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"no browser: none of {', '.join(NAMES)} is on PATH"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=QUIET.split())
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser) -> Open:
    """Opens a page: `with opened(path, width=…, dark=…, script=…) as shown`; it must not complain."""

    @contextmanager
    def open_page(path: Path, *, width: int = 1280, dark: bool = False, script: bool = True) -> Iterator[Opened]:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": 800}
        context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script, offline=True)
        shown = Opened(context.new_page())
        shown.page.on("console", lambda message: shown.complaints.append(message.text))
        shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.page.on("request", lambda request: shown.requests.append(request.url))
        shown.page.goto(path.absolute().as_uri())
        yield shown
        context.close()

    return open_page


@pytest.fixture(scope="session")
def home(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run, with its revision in `rev-1`."""
    folder = tmp_path_factory.mktemp("pages") / "my cut 我的 #1"
    director = build_director(Settings(LMSTUDIO_HOST=NOWHERE, OLLAMA_HOST=NOWHERE))
    asked = {"video": film, "out": folder, "duration": 6, "vision": "builtin", "planner": "builtin"}
    revise(director.invoke(asked), "4 seconds", director=director, out=folder / "rev-1")
    return folder


@pytest.fixture(scope="session")
def chinese(home: Path, film: Path) -> Path:
    """The page of a run in Chinese, beside the others."""
    folder = home / "zh"
    director = build_director(Settings(LMSTUDIO_HOST=NOWHERE, OLLAMA_HOST=NOWHERE))
    asked = {"video": film, "out": folder, "duration": 6, "vision": "builtin", "planner": "builtin", "language": "zh"}
    revise(director.invoke(asked), "4 seconds", director=director, out=folder / "rev-1")
    return folder / "rev-1/storyboard.html"
