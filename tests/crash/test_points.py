"""Killed at every named point of the pipeline and the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.crash.scene import Nursery, Scene
from workbench.testing.crash import POINTS

OF_LOOPS = {"after-turn"}
"""What only a loop passes, whose effects bear their turns' names: `test_loops` dies there."""

pytestmark = pytest.mark.crash


@dataclass
class Undisturbed:
    """How a story goes when nobody is killed: the measure for all the others."""

    seen: Counter[str]
    state: str
    steps: dict[str, str]
    effects: Counter[str]
    undone: Counter[str]


@pytest.fixture(scope="module")
def census(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    """Let each story go undisturbed once, and count the points that it passes."""
    found = {}
    for name, scenario in SCENARIOS.items():
        scene = Scene(tmp_path_factory.mktemp("census"), nursery)
        scenario.prepare(scene)
        said = scene.said(**scenario.job, census=True)
        seen = Counter(said["seen"])
        stands = (said["state"], said["steps"], scene.count(), scene.count("undone"))
        found[name] = Undisturbed(seen, *stands)
        assert scene.audit() == []
    return found


def test_every_point_is_passed(census: dict[str, Undisturbed]) -> None:
    """No point is only a name: each is passed in some story, and no story passes another."""
    passed = set().union(*(story.seen for story in census.values()))
    assert set(POINTS) - OF_LOOPS - passed == set(), (
        "give these a story in tests/crash/scenarios.py"
    )
    assert passed - set(POINTS) == set(), "name these in workbench.testing.crash.POINTS"


@pytest.mark.parametrize("point", [point for point in POINTS if point not in OF_LOOPS])
def test_killed_at_a_point(
    places: Callable[[], str],
    point: str,
    census: dict[str, Undisturbed],
    nursery: Nursery,
    tmp_path: Path,
) -> None:
    """Killed where it hurts, at its first, a middle and its last time, the run goes on: the same
    end, no effect twice, none lost, none without intent [RUNT-2, CONC-10, ASYN-5]."""
    passing = sorted(census, key=lambda name: -census[name].seen[point])
    kills = 0
    for number, (name, count) in enumerate(_deaths(point, passing, census)):
        folder, place = tmp_path / str(number), places()
        if "://" in place and number > 1:
            break  # the points are those of the pipeline: the server sees each twice, a file often
        folder.mkdir()
        scene = Scene(folder, nursery, place)
        kills += _die(scene, name, point, count, census[name])
    assert kills, f"nobody died at {point}"


def _deaths(
    point: str, passing: list[str], census: dict[str, Undisturbed]
) -> list[tuple[str, int]]:
    """Choose where to die: three times in the story that passes it most, once in the others."""
    most = census[passing[0]].seen[point]
    others = [name for name in passing[1:] if census[name].seen[point]][:1]
    counts = dict.fromkeys((1, most, most // 2 + 1))  # only the first is sure to be reached
    return [*((passing[0], n) for n in counts), *((name, 1) for name in others)]


def _die(scene: Scene, name: str, point: str, count: int, expected: Undisturbed) -> int:
    scenario = SCENARIOS[name]
    scenario.prepare(scene)
    said = scene.child(**scenario.job, point=[point, count])
    killed = said is None
    assert scene.audit() == []
    said = said or scene.said(**scenario.job)
    assert (said["state"], said["steps"]) == (expected.state, expected.steps)
    assert scene.count() == expected.effects
    assert scene.count("undone") == expected.undone
    assert scene.audit() == []
    return killed
