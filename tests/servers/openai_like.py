"""A server that speaks OpenAI's chat protocol as LM Studio, OpenAI, DeepSeek or llama.cpp does: strict, with real eyes.

Errors and lists: LM Studio's docs (REST API v0, v1) and its issue tracker, OpenAI's and DeepSeek's own words, and what
a real llama.cpp server sent.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from servers.answers import filled, in_form, mean_colour, picture_in
from servers.loopback import Page, RefusedError, Reply, Role, Seen, serving_on_loopback
from servers.models import Model, Shelf

__all__ = ["Answer", "RefusedError", "Seen", "Server", "colour_of", "describes_the_colour", "filled", "serving"]

Answer = Callable[[Seen], str]
Dialect = Literal["lmstudio", "openai", "deepseek", "llamacpp"]

_JSON_WORDS = "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
_NO_KEY = (
    "An LM Studio API token is required to make requests to this server, but none was provided using the "
    "Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer $LM_API_TOKEN'). "
    "Learn more at: https://lmstudio.ai/docs/developer/core/authentication."
)


@dataclass
class Server(Role):
    """A running server. `answer` says what the model says.

    `generation`: of LM Studio; 0.4 answers at /api/v1, /api/v0 and /v1, 0.3 knows no /api/v1, 0.2 only /v1.
    `load_seconds`: how long a model that is not loaded takes at its first request.
    """

    answer: Answer
    token: str | None = None
    models: tuple[str | Model, ...] = ("moondream2",)
    dialect: Dialect = "lmstudio"
    generation: Literal["0.4", "0.3", "0.2"] = "0.4"
    load_seconds: float = 0.0
    shelf: Shelf = field(init=False, repr=False)
    _prefixes: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.models, self.load_seconds)
        self.chat_paths = ("/v1/chat/completions", *([] if self.dialect == "lmstudio" else ["/chat/completions"]))

    def page(self, seen: Seen) -> Page:
        self._let_in(seen)
        make = _LISTS[self.dialect].get(seen.path)
        if make is None or seen.method != "GET" or self.generation < _SINCE.get(seen.path, ""):
            return _UNKNOWN[self.dialect](seen)
        return Page(make(self.shelf))

    def reply(self, seen: Seen) -> Reply:
        self._let_in(seen)
        if seen.key is None and self.dialect == "lmstudio":
            raise RefusedError(400, "no Authorization header")  # the real one lets it pass; ours must always send one
        if not isinstance(seen.body.get("messages"), list):
            raise RefusedError(400, "'messages' is required")
        _CHECKS[self.dialect](seen)
        self._use(str(seen.body.get("model")), with_pictures=bool(pictures_in(seen.body)))
        thinks = self.dialect == "deepseek" and _thinks(seen)
        return Reply(self.answer(seen), thought="Let me look." if thinks else None)

    def _use(self, name: str, *, with_pictures: bool) -> None:
        any_name = self.dialect == "llamacpp"  # it has one model, and does not look at the name
        model = next(iter(self.shelf.models.values())) if any_name else self.shelf.find(name)
        if model is None:
            raise RefusedError(*_no_model(self.dialect, name))
        if with_pictures and not model.sees:
            raise RefusedError(400, _BLIND[self.dialect])
        self.shelf.use(model.id)

    def _let_in(self, seen: Seen) -> None:
        wants = self.token is not None or self.dialect in {"openai", "deepseek"}
        if wants and (seen.key is None or self.token not in {None, seen.key}):
            raise RefusedError(401, _locked(self.dialect, seen.key))

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        completion = _completion(seen, reply)
        if self.dialect == "deepseek":
            completion["usage"] |= self._cached(seen, completion["usage"]["prompt_tokens"])
        return Page(completion)

    def _cached(self, seen: Seen, sent: int) -> dict[str, int]:
        """DeepSeek's prefix cache: how many of the tokens sent stood at the beginning of an earlier request."""
        prompt = json.dumps(seen.body["messages"])
        with self.lock:
            common = max((common_length(prompt, earlier) for earlier in self._prefixes), default=0)
            self._prefixes.append(prompt)
        hit = min(sent, sent * common // max(1, len(prompt)))
        return {"prompt_cache_hit_tokens": hit, "prompt_cache_miss_tokens": sent - hit}

    def pieces(self, seen: Seen, reply: Reply) -> tuple[str, list[bytes]]:
        return "text/event-stream", [f"data: {event}\n\n".encode() for event in _events(seen, reply)]

    def refusal(self, status: int, error: object, headers: Mapping[str, str] | None = None) -> Page:
        if isinstance(error, str) and self.dialect != "lmstudio":
            kind = _KINDS.get(status, "invalid_request_error")
            own = {"code": status} if self.dialect == "llamacpp" else {"param": None, "code": None}
            error = {"message": error, "type": kind, **own}
        return super().refusal(status, error, headers)


def common_length(a: str, b: str) -> int:
    """How many characters two texts begin with alike."""
    return next((place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


_KINDS = {429: "rate_limit_error", 500: "server_error", 503: "server_error", 402: "unknown_error"}


def colour_of(body: dict[str, Any]) -> str:
    """Name the mean colour of the pictures in a request; "nothing" where there is none."""
    return mean_colour(pictures_in(body))


def pictures_in(body: dict[str, Any]) -> list[np.ndarray]:
    blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
    return [_picture(b["image_url"]["url"]) for b in blocks if b["type"] == "image_url"]


def _picture(url: str) -> np.ndarray:
    if not url.startswith(("data:image/jpeg;base64,", "data:image/png;base64,")):
        raise RefusedError(400, "'url' field must be a base64 encoded image.")
    try:
        image = picture_in(base64.b64decode(url.partition(",")[2], validate=True))
    except ValueError as exc:
        raise RefusedError(400, "'url' field must be a base64 encoded image.") from exc
    if image is None:
        raise RefusedError(400, "failed to process image")
    return image


def describes_the_colour(seen: Seen) -> str:
    """What an obedient model answers: by the schema it was given, else in plain words."""
    wanted = seen.body.get("response_format") or {}
    schema = wanted["json_schema"]["schema"] if wanted.get("type") == "json_schema" else None
    if wanted.get("type") == "json_object":
        return json.dumps({"summary": f"a {colour_of(seen.body)} picture"})
    return in_form(schema, pictures_in(seen.body))


def _check_lmstudio(seen: Seen) -> None:
    wanted = (seen.body.get("response_format") or {"type": "text"})["type"]
    if wanted not in {"json_schema", "text"}:
        raise RefusedError(400, "'response_format.type' must be 'json_schema' or 'text'")
    if isinstance(seen.body.get("tool_choice"), dict):
        raise RefusedError(400, "Invalid tool_choice type: 'object'. Supported string values: none, auto, required")
    if "max_completion_tokens" in seen.body:
        raise RefusedError(400, "unrecognised field: max_completion_tokens")


def _check_deepseek(seen: Seen) -> None:
    wanted = (seen.body.get("response_format") or {"type": "text"})["type"]
    if wanted not in {"json_object", "text"}:
        raise RefusedError(400, "This response_format type is unavailable now")
    if wanted == "json_object" and "json" not in json.dumps(seen.body["messages"]).lower():
        raise RefusedError(400, _JSON_WORDS)
    if _thinks(seen) and seen.body.get("tool_choice") not in (None, "none", "auto"):
        raise RefusedError(400, "Thinking mode does not support this tool_choice")


def _thinks(seen: Seen) -> bool:
    """Whether DeepSeek thinks before it answers, which it does unless told not to."""
    return (seen.body.get("thinking") or {"type": "enabled"})["type"] == "enabled"


def _check_openai(seen: Seen) -> None:
    wanted = (seen.body.get("response_format") or {"type": "text"})["type"]
    if wanted == "json_object" and "json" not in json.dumps(seen.body["messages"]).lower():
        raise RefusedError(400, _JSON_WORDS.replace("Prompt", "'messages'"))


def _check_nothing(_: Seen) -> None:
    """llama.cpp's server takes what there is to take."""


_CHECKS: dict[Dialect, Callable[[Seen], None]] = {
    "lmstudio": _check_lmstudio,
    "openai": _check_openai,
    "deepseek": _check_deepseek,
    "llamacpp": _check_nothing,
}
_BLIND: dict[Dialect, str] = {
    "lmstudio": "Model does not support images. Please use a model that does.",
    "openai": "Invalid content type. image_url is only supported by certain models.",
    "deepseek": "Failed to deserialize the JSON body into the target type: unknown variant `image_url`",
    "llamacpp": "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
}


def _no_model(dialect: Dialect, name: str) -> tuple[int, object]:
    if dialect == "openai":
        words = f"The model `{name}` does not exist or you do not have access to it."
        return 404, {"message": words, "type": "invalid_request_error", "param": None, "code": "model_not_found"}
    if dialect == "deepseek":
        error = {"message": "Model Not Exist", "type": "invalid_request_error", "param": None}
        return 400, {**error, "code": "invalid_request_error"}
    return 404, {"message": f'Model "{name}" not found', "type": "invalid_request_error"}


def _locked(dialect: Dialect, key: str | None) -> object:
    if dialect == "lmstudio":
        words = _NO_KEY if key is None else "Malformed LM Studio API token provided"
        return {"type": "invalid_request", "code": "invalid_api_key", "message": words}
    if dialect == "deepseek":
        words = f"Authentication Fails, Your api key: ****{(key or '')[-4:]} is invalid"
        error = {"message": words, "type": "authentication_error", "param": None}
        return {**error, "code": "invalid_request_error"}
    if dialect == "llamacpp":
        return {"message": "Invalid API Key", "type": "authentication_error", "code": 401}
    shown = f"{(key or '')[:8]}***{(key or '')[-4:]}"
    words = f"Incorrect API key provided: {shown}. You can find your API key at https://platform.openai.com/account/api-keys."
    if key is None:
        words = "You didn't provide an API key. You need to provide your API key in an Authorization header."
    return {"message": words, "type": "invalid_request_error", "param": None, "code": key and "invalid_api_key"}


def _unknown_to_lmstudio(seen: Seen) -> Page:
    return Page({"error": f"Unexpected endpoint or method. ({seen.method} {seen.path})"})  # with 200, as it does


def _unknown(seen: Seen) -> Page:
    words = f"Invalid URL ({seen.method} {seen.path})"
    return Page({"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}}, 404)


def _unknown_to_llamacpp(_: Seen) -> Page:
    return Page({"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}, 404)


_UNKNOWN: dict[Dialect, Callable[[Seen], Page]] = {
    "lmstudio": _unknown_to_lmstudio,
    "openai": _unknown,
    "deepseek": _unknown,
    "llamacpp": _unknown_to_llamacpp,
}


def _lmstudio_v1(shelf: Shelf) -> object:
    return {"models": [_v1_embedding(m) if m.embedding else _v1_llm(m, shelf) for m in shelf.models.values()]}


def _v1_head(model: Model) -> dict[str, Any]:
    return {
        "publisher": "lmstudio-community",
        "key": model.id,
        "display_name": model.id,
        "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
        "size_bytes": model.size_bytes,
        "params_string": None,
        "loaded_instances": [],
        "max_context_length": 131072,
        "format": "gguf",
    }


def _v1_embedding(model: Model) -> dict[str, Any]:
    return {"type": "embedding", **_v1_head(model), "max_context_length": 2048}


def _v1_llm(model: Model, shelf: Shelf) -> dict[str, Any]:
    config = {"context_length": model.context, "eval_batch_size": 512, "parallel": model.parallel}
    return {
        "type": "llm",
        "architecture": "llama",
        **_v1_head(model),
        "loaded_instances": [{"id": model.id, "config": config}] if model.id in shelf.loaded else [],
        "capabilities": {"vision": model.sees, "trained_for_tool_use": model.calls_tools},
        "description": None,
    }


def _lmstudio_v0(shelf: Shelf) -> object:
    return {"object": "list", "data": [_v0_entry(model, shelf) for model in shelf.models.values()]}


def _v0_entry(model: Model, shelf: Shelf) -> dict[str, Any]:
    loaded = model.id in shelf.loaded
    return {
        "id": model.id,
        "object": "model",
        "type": "embeddings" if model.embedding else "vlm" if model.sees else "llm",
        "publisher": "lmstudio-community",
        "arch": "llama",
        "compatibility_type": "gguf",
        "quantization": "Q4_K_M",
        "state": "loaded" if loaded else "not-loaded",
        "max_context_length": 131072,
        **({"loaded_context_length": model.context} if loaded else {}),
    }


def _ids(owner: str) -> Callable[[Shelf], object]:
    def listed(shelf: Shelf) -> object:
        return {"object": "list", "data": [{"id": m, "object": "model", "owned_by": owner} for m in shelf.models]}

    return listed


def _llamacpp_list(shelf: Shelf) -> object:
    (model,) = shelf.models.values()
    skills = ["completion", "multimodal"] if model.sees else ["completion"]
    kinds = ["text", "image", "video"] if model.sees else ["text"]
    meta = {"n_vocab": 263, "n_ctx": model.context, "n_ctx_train": 8192, "n_params": 107712, "size": model.size_bytes}
    entry = {"id": model.id, "aliases": [model.id], "tags": [], "object": "model", "created": 1795451426}
    architecture = {"input_modalities": kinds, "output_modalities": ["text"]}
    return {
        "models": [{"name": model.id, "model": model.id, "size": "", "type": "model", "capabilities": skills}],
        "object": "list",
        "data": [{**entry, "architecture": architecture, "owned_by": "llamacpp", "meta": meta}],
    }


def _llamacpp_props(shelf: Shelf) -> object:
    (model,) = shelf.models.values()
    return {"total_slots": model.parallel, "model_alias": model.id, "modalities": {"vision": model.sees}}


_SINCE = {"/api/v1/models": "0.4", "/api/v0/models": "0.3"}
_LISTS: dict[Dialect, dict[str, Callable[[Shelf], object]]] = {
    "lmstudio": {
        "/api/v1/models": _lmstudio_v1,
        "/api/v0/models": _lmstudio_v0,
        "/v1/models": _ids("organization_owner"),
    },
    "openai": {"/v1/models": _ids("system")},
    "deepseek": {"/models": _ids("deepseek"), "/v1/models": _ids("deepseek")},
    "llamacpp": {"/v1/models": _llamacpp_list, "/models": _llamacpp_list, "/props": _llamacpp_props},
}


def _usage(seen: Seen, text: str) -> dict[str, int]:
    sent, said = len(json.dumps(seen.body["messages"])) // 400 + 10, len(text.split())
    return {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}


def _completion(seen: Seen, reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    if reply.thought is not None:
        message["reasoning_content"] = reply.thought
    if reply.refusal is not None:
        message |= {"content": None, "refusal": reply.refusal}
    choice = {"index": 0, "finish_reason": reply.finish, "message": message, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": seen.body["model"]}
    return {**head, "choices": [choice], "usage": _usage(seen, reply.text)}


def _events(seen: Seen, reply: Reply) -> Iterator[str]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": seen.body["model"]}

    def chunk(delta: dict[str, str], reason: str | None = None) -> str:
        return json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    yield chunk({"role": "assistant", "content": ""})
    if reply.refusal is not None:
        yield chunk({"refusal": reply.refusal})
    for word in reply.text.split(" ") if reply.refusal is None else []:
        yield chunk({"content": f"{word} "})
    yield chunk({}, reply.finish)
    if (seen.body.get("stream_options") or {}).get("include_usage"):
        yield json.dumps({**head, "choices": [], "usage": _usage(seen, reply.text)})
    yield "[DONE]"


def serving(role: Server) -> AbstractContextManager[Server]:
    """Serve `role` on a free loopback port until the block ends."""
    return serving_on_loopback(role, path="" if role.dialect == "deepseek" else "/v1")
