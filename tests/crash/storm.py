"""A storm of kills over random plans, and the toll that it takes."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.outside import QUIET
from tests.crash.plans import mixed
from tests.crash.scene import Nursery, Scene

LIFE_S = 0.15
"""Seconds in which a child is killed at the latest; about as long as a whole run takes."""
POINTS_PASSED = 350
"""Points that such a run passes at most: the other way to choose a moment."""
WAYS = ("clock", "point", "rivals")
ENDS = {"answer": {"succeeded"}, "meddle": {"succeeded", "skipped"}}
"""What may become of a step."""


@dataclass
class Toll:
    """What a storm has cost; all but the first three ought to be 0."""

    seed: int
    kills: int = 0
    runs: int = 0
    effects: int = 0
    twice: int = 0
    lost: int = 0
    unreadable: int = 0
    others: list[str] = field(default_factory=list)
    """What else was wrong, in words."""

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost, done twice or left unreadable."""
        return not (self.twice or self.lost or self.unreadable or self.others)

    def __str__(self) -> str:
        """Give the one line of figures."""
        return (
            f"seed {self.seed}: kills {self.kills}, runs {self.runs}, effects {self.effects}, "
            f"twice {self.twice}, lost {self.lost}, unreadable journals {self.unreadable}"
            + "".join(f"; {other}" for other in self.others)
        )


class Storm:
    """Kills runs at random moments, again and again, until each has come to its end.

    Args:
        seed: of everything that is random but the moment at which a clock strikes.
        nursery: who raises the children.
        folder: for the worlds.
        places: gives the place of a journal; the same one may be given again and again.
    """

    def __init__(
        self, seed: int, nursery: Nursery, folder: Path, places: Callable[[], str]
    ) -> None:
        self._chance = random.Random(seed)
        self._nursery, self._folder, self._places = nursery, folder, places
        self.toll = Toll(seed)

    def rage(self, kills: int) -> Iterator[Toll]:
        """Kill that often; gives the toll so far after each run."""
        while self.toll.kills < kills:
            self._one_run()
            yield self.toll

    def _one_run(self) -> None:
        toll = self.toll
        toll.runs += 1
        folder = self._folder / f"run{toll.runs}"
        folder.mkdir()
        scene = Scene(folder, self._nursery, self._places())
        key = f"run {toll.runs} of seed {toll.seed}"
        job = self._job(key)
        for attempt in itertools.count():
            said = self._attempt(scene, job, gently=attempt > 40)
            self._look(scene, key)
            if said is not None:
                break
        effects = scene.count()
        toll.effects += len(effects)
        toll.twice += sum(n - 1 for n in effects.values())
        done = {
            said["calls"][step]
            for step, state in said["steps"].items()
            if state == "succeeded" and not said["calls"][step].startswith(QUIET)
        }
        toll.lost += len(done - set(effects))
        left = {step: end for step, end in said["steps"].items() if end not in ENDS[job["do"]]}
        if said["state"] != "succeeded" or left:
            why = {step: f"{said['calls'].get(step)}: {e}" for step, e in said["errors"].items()}
            toll.others.append(f"{key} ended {said['state']} with {left}: {why}")
        if extra := set(effects) - done - set(said["perhaps"]):
            toll.others.append(f"{key} did {sorted(extra)}, and its plan does not say so")

    def _job(self, key: str) -> dict[str, Any]:
        chance = self._chance
        shape = chance.choice(["chain", "fan", f"web:{chance.random()}"])
        return {
            "do": "meddle" if chance.random() < 0.3 else "answer",
            "plan": mixed(chance.randint(6, 24), chance.randrange(10**9)),
            "shape": shape,
            "snapshots": chance.choice([2, 7, 40]),
            "key": key,
        }

    def _attempt(self, scene: Scene, job: dict[str, Any], *, gently: bool) -> dict[str, Any] | None:
        """Let a child try, or two at once; gives what one of them said who came to the end."""
        if gently:
            return scene.child(**job)
        way = self._chance.choice(WAYS)
        children = [scene.start(**job, **self._death(way)) for _ in range(1 + (way == "rivals"))]
        ends = [scene.end(*child) for child in children]
        self.toll.kills += ends.count(None)
        return next((end for end in ends if end is not None), None)

    def _death(self, way: str) -> dict[str, Any]:
        if way == "point":
            return {"any": self._chance.randint(1, POINTS_PASSED)}
        return {"after_s": self._chance.uniform(0.002, LIFE_S)}

    def _look(self, scene: Scene, key: str) -> None:
        """Read the journal as a kill has left it."""
        try:
            wrong = scene.audit(key)
        except Exception as error:  # noqa: BLE001 - whatever it is, the journal could not be read
            self.toll.unreadable += 1
            self.toll.others.append(f"{type(error).__name__}: {error}")
            return
        self.toll.others += [f"{key}: {what}" for what in wrong]


def total(tolls: list[Toll]) -> Counter[str]:
    """Add up the figures of several storms."""
    names = ("kills", "runs", "effects", "twice", "lost", "unreadable")
    return Counter({name: sum(getattr(toll, name) for toll in tolls) for name in names})
