"""Order among steps: who waits for whom, and cycles."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

CYCLE_LIMIT = 20
"""Cycles that one check reports at most."""


def find_cycles(needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Find cycles as paths `[a, b, …, a]` in the direction of the work, each broken once."""
    if _is_in_order(needs):
        return []
    graph = {step: list(before) for step, before in needs.items()}
    cycles: list[list[str]] = []
    while len(cycles) < CYCLE_LIMIT:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle = list(error.args[1])
            graph[cycle[-1]].remove(cycle[-2])
            cycles.append(_rotate(cycle))
        else:
            break
    return cycles


def _is_in_order(needs: Mapping[str, Iterable[str]]) -> bool:
    """Whether each step is listed behind all that it needs, as in most plans."""
    seen: set[str] = set()
    for step, before in needs.items():
        if not seen.issuperset(before):
            return False
        seen.add(step)
    return True


def order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Sort steps so that each follows all it needs; empty when there is a cycle."""
    sorter = TopologicalSorter(
        {s: [n for n in before if n in needs] for s, before in needs.items()}
    )
    try:
        return list(sorter.static_order())
    except CycleError:
        return []


def line(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Sort steps so that each follows all it needs, otherwise as listed; empty with a cycle.

    Unlike `order`, it is the same every time: among those that could be next, the first listed is.
    """
    names = list(needs)
    place = {step: at for at, step in enumerate(names)}
    before = {step: {n for n in needs[step] if n in place} for step in names}
    waits = {step: len(before[step]) for step in names}
    later = dependents(before)
    free = [place[step] for step in names if not waits[step]]
    found: list[str] = []
    while free:
        step = names[heapq.heappop(free)]
        found.append(step)
        for one in later[step]:
            waits[one] -= 1
            if not waits[one]:
                heapq.heappush(free, place[one])
    return found if len(found) == len(names) else []


def ancestors(
    line: Iterable[str], needs: Mapping[str, Iterable[str]], marked: Mapping[str, int]
) -> dict[str, int]:
    """Give, as bits, which of the `marked` steps come before each step.

    Args:
        line: all steps, each behind those that it needs.
        needs: step to the steps that it waits for.
        marked: step to the number of its bit; only these are followed.
    """
    found: dict[str, int] = {}
    for step in line:
        bits = 0
        for earlier in needs[step]:
            if earlier in found:
                bits |= found[earlier]
                if earlier in marked:
                    bits |= 1 << marked[earlier]
        found[step] = bits
    return found


def dependents(needs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Turn the arrows around: step to the steps that wait for it."""
    reverse: dict[str, list[str]] = {step: [] for step in needs}
    for step, before in needs.items():
        for earlier in before:
            reverse.setdefault(earlier, []).append(step)
    return reverse


def downstream(needs: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    """Give every step that waits, directly or not, for one of `start`."""
    reverse = dependents(needs)
    found: set[str] = set()
    todo = list(start)
    while todo:
        for later in reverse.get(todo.pop(), ()):
            if later not in found:
                found.add(later)
                todo.append(later)
    return found


def _rotate(cycle: list[str]) -> list[str]:
    """Begin the path at its smallest id, so that the same cycle always reads the same."""
    ring = cycle[:-1]
    first = ring.index(min(ring))
    ring = ring[first:] + ring[:first]
    return [*ring, ring[0]]
