"""Serves one GGUF file on loopback, as a process of its own; `LocalModel` starts it.

The key comes by standard input, so that no list of processes shows it. When standard input closes,
because whoever started this is gone, it ends: at once, as llama.cpp may wait for itself for ever
when it is taken down soon after its start.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def main() -> None:
    """Load the file, say where it is served, and serve until standard input closes."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    xllamacpp: Any = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = job["file"]
    params.n_ctx = job["context_tokens"]
    params.n_parallel = 1
    params.api_keys = [job["key"]]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.warmup = params.ui = params.endpoint_slots = False
    params.offline = True
    params.verbosity = 0
    if job["threads"]:
        params.cpuparams.n_threads = job["threads"]
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
