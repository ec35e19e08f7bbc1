"""The process that serves a GGUF pair with llama.cpp. Started by `llama_server`, never imported; knows nothing of ours.

Takes its orders as an argument of JSON, tells its address and its key as a line of JSON, and serves until its standard
input is closed: that happens when the parent says so, and when the parent dies, however it dies.
"""

import json
import os
import secrets
import signal
import sys
from typing import Any

_ERRORS_ONLY = 1  # llama.cpp's verbosity
_STDOUT, _STDERR = 1, 2


def serve(orders: dict[str, Any]) -> None:
    """Load the model, tell where it is served, and stay until nobody needs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    told = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)  # what llama.cpp prints must not mix with what we say
    import xllamacpp

    key = secrets.token_urlsafe(32)
    server = xllamacpp.Server(_parameters(xllamacpp, orders, key))
    os.write(told, json.dumps({"address": server.listening_address, "key": key}).encode() + b"\n")
    sys.stdin.buffer.read()
    os._exit(0)  # to take the server down politely can last for ever while it is at work


def _parameters(engine: Any, orders: dict[str, Any], key: str) -> Any:
    parameters = engine.CommonParams()
    parameters.model.path = orders["model_path"]
    parameters.mmproj.path = orders["mmproj_path"]
    parameters.model_alias = {orders["name"]}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # a free one
    parameters.api_keys = [key]
    parameters.n_ctx = orders["context_tokens"] * orders["parallel"]
    parameters.n_parallel = orders["parallel"]
    parameters.cache_ram_mib = 0  # scenes share no pictures: up to 8 GiB of cache would serve nobody
    parameters.verbosity = _ERRORS_ONLY
    parameters.offline = True
    parameters.ui = False
    parameters.use_jinja = not orders["template_by_name"]
    if orders["threads"] is not None:
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = orders["threads"]
    return parameters


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
