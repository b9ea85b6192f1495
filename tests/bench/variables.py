"""Captures of 200 frames of which three change in each round; 20,000 rows, 0.1 GB in all.

`ours` looks as a drive does; `bare` hashes the three that have changed and writes them as Parquet,
knowing which they are. Kishu's method is in `peers/peer_kishu.py`, with the same frames.
"""

from __future__ import annotations

import hashlib
import io
import sys
from statistics import median
from typing import Any

import xxhash
from frames import ROUNDS, change, frames, touched
from measure import clock, finish

from workbench.capture import Bounds, Capturer


def ours() -> dict[str, Any]:
    """Take and store, each apart; and look when nothing has changed."""
    names = frames()
    capturer = Capturer(names, Bounds(capture_bytes=2**30, seconds=120))
    capturer.use()
    began = clock()
    capturer.look(capturer.bindings())
    first = clock() - began
    taking, storing, idle = [], [], []
    for number in range(ROUNDS):
        change(names, number)
        began = clock()
        taken = capturer.take(capturer.bindings())
        taking.append(clock() - began)
        look = capturer.store(taken)
        storing.append(clock() - began - taking[-1])
        assert look.read == len(touched(number))
        began = clock()
        capturer.look(capturer.bindings())
        idle.append(clock() - began)
    return {
        "find_ms": 1e3 * median(taking),
        "store_ms": 1e3 * median(storing),
        "idle_ms": 1e3 * median(idle),
        "first_s": first,
    }


def bare() -> dict[str, Any]:
    """Read each changed frame once, and write it once."""
    names = frames()
    finding, storing = [], []
    for number in range(ROUNDS):
        change(names, number)
        began = clock()
        for name in touched(number):
            for column in names[name].columns[:-1]:
                xxhash.xxh3_128(names[name][column].to_numpy()).digest()
        finding.append(clock() - began)
        for name in touched(number):
            sink = io.BytesIO()
            names[name].to_parquet(sink, engine="pyarrow")
            hashlib.sha256(sink.getvalue()).digest()
        storing.append(clock() - began - finding[-1])
    return {"find_ms": 1e3 * median(finding), "store_ms": 1e3 * median(storing)}


if __name__ == "__main__":
    finish({"ours": ours, "bare": bare}[sys.argv[1]]())
