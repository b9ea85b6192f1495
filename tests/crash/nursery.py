"""Raises child processes for the crash tests: imports once, then forks one child for each job.

Reads jobs as JSON lines from stdin and answers each with one line: how the child ended and what it
said. A child drives a run for real and may be killed; the nursery itself never touches a journal
and never starts a thread.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import anyio._backends._asyncio
import psycopg
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite

from tests.crash import child

WARM = (anyio._backends._asyncio, psycopg, sqlalchemy)
"""Imported here, so that no child has to."""


def main() -> None:
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        if "reap" in job:
            answer = _reap(job["reap"])
        else:
            pid = os.fork()
            if pid == 0:
                _live(job)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)


def _reap(pid: int) -> dict[str, int]:
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status)}


def _live(job: dict[str, object]) -> None:
    code = 1
    try:
        child.work(job)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the parent shows it
        Path(str(job["says"])).with_suffix(".fault").write_text(traceback.format_exc())
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
