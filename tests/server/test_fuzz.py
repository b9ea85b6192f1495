"""The description is true, and nothing that is sent breaks the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.server.jupyter import Jupyter, Kernel, environment_of


def test_schemathesis_finds_nothing(jupyter: Jupyter, kernel: Kernel, tmp_path: Path) -> None:
    """Schemathesis, which reads the OpenAPI description and sends what is allowed and what is not,
    finds no server error and no answer that the description does not have [AUTH-17]."""
    kernel.run("run = bench.start(plan=chain(step('a', 'add', a=1, b=2), goal='fuzz'))")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance"
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{jupyter.api}/openapi.json",
            "--url", jupyter.api, "--header", "Authorization: token t",
            "--checks", f"{checks},response_schema_conformance,ignored_auth",
            "--exclude-path-regex", "stream$", "--max-examples", "30", "--seed", "1",
            "--phases", "examples,coverage,fuzzing", "--no-color",
        ],
        cwd=tmp_path, env=environment_of(tmp_path), capture_output=True, text=True, timeout=110,
        check=False,
    )  # fmt: skip
    kernel.run("for one in list(bench.rules): bench.rules.lift(one.id)")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert jupyter.get("")["workbench"] == 1
