"""What LangChain's suites are told of every model that sees pictures: it takes them as data, never from an address."""

import cv2
import httpx
import numpy as np
import pytest


class SeesPictures:
    """Mixed into an integration suite. The models looked at here call no tools and are one model each."""

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return False

    @property
    def supports_model_override(self) -> bool:
        return False

    @pytest.fixture(autouse=True)
    def _the_suites_picture_comes_from_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The suite downloads the picture it sends; ours is made here, since no test reaches the network."""
        png = cv2.imencode(".png", np.full((120, 160, 3), (200, 60, 20), np.uint8))[1].tobytes()
        monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(200, content=png))
