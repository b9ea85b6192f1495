"""The captures of `variables.py` by Kishu's own code, without its database of commits.

As after a cell: which names the cell read or bound is known from its namespace, and for each of
those an `IdGraph` is made and compared; what differs is pickled. `named`: the cell names the three
frames. `all`: it goes through its variables, so that every one is a candidate.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dill
from frames import ROUNDS, change, frames
from kishu.jupyter.namespace import Namespace
from kishu.planning.idgraph import IdGraph
from measure import clock, finish


def kishu() -> dict[str, Any]:
    """Measure both kinds of cells."""
    space = Namespace(frames())
    tracked = space.get_tracked_namespace()
    began = clock()
    graphs = {name: IdGraph.from_object(space[name]) for name in space.keyset()}
    first = clock() - began
    found: dict[str, list[float]] = {"find": [], "store": [], "all": []}
    for number in range(ROUNDS):
        space.reset_accessed_vars()
        change(tracked, number)
        began = clock()
        changed = []
        for name in space.accessed_vars():
            graph = IdGraph.from_object(space[name])
            if graphs[name] != graph:
                graphs[name] = graph
                changed.append(name)
        found["find"].append(clock() - began)
        assert len(changed) == 3, changed
        for name in changed:
            dill.dumps(space[name])
        found["store"].append(clock() - began - found["find"][-1])
    for _ in range(2):
        began = clock()
        for name in space.keyset():
            assert graphs[name] == IdGraph.from_object(space[name])
        found["all"].append(clock() - began)
    return {f"{name}_ms": 1e3 * median(times) for name, times in found.items()} | {"first_s": first}


if __name__ == "__main__":
    finish(kishu())
