"""ChatBuiltinVision through LangChain's own suites. Its flags say what it is: it sees, it calls no tools."""

import cv2
import httpx
import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from autocut_director.agent.backends import ChatBuiltinVision


class TestBuiltinVisionUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatBuiltinVision

    @property
    def chat_model_params(self) -> dict:
        return {"model": "pixels-1"}

    @property
    def supports_image_inputs(self) -> bool:
        return True


class TestBuiltinVisionIntegration(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatBuiltinVision

    @property
    def chat_model_params(self) -> dict:
        return {}

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
