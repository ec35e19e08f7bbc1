"""ChatBuiltinVision through LangChain's own suites. Its flags say what it is: it sees, it calls no tools."""

from contract.seeing import SeesPictures
from langchain_core.language_models import BaseChatModel
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


class TestBuiltinVisionIntegration(SeesPictures):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatBuiltinVision

    @property
    def chat_model_params(self) -> dict:
        return {}
