"""What LangChain's suites are told of every model that sees pictures: it takes them as data, never from an address."""

import cv2
import httpx
import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests


class SeesPictures(ChatModelIntegrationTests):
    """The integration suite of a model that sees. The models looked at here call no tools and are one model each."""

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


# The OpenAI client's own parsing of a pydantic answer warns of the field it adds.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
class AnswersBySchema(SeesPictures):
    """The suite of a model behind OpenAI's protocol that keeps to a JSON schema, and calls no tools."""

    @property
    def structured_output_kwargs(self) -> dict:
        return {"method": "json_schema"}

    @pytest.mark.xfail(strict=True, reason="a pydantic v1 schema is turned into a tool call, and the model calls none")
    def test_structured_output_pydantic_2_v1(self, model: BaseChatModel) -> None:
        super().test_structured_output_pydantic_2_v1(model)
