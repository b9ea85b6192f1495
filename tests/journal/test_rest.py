"""Starting, commands, artifacts and snapshots: what stands beside the events."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.journal.harness import NOW, Child, Holder, create, execute, later, note
from workbench.commands import Fork, MakeCheckpoint, Pause, Resume, Stop
from workbench.errors import JournalTampered, NotFound
from workbench.events import Record
from workbench.ids import digest_bytes
from workbench.journal import Journal
from workbench.journal.snapshot import FOLD_VERSION, load_view
from workbench.view import fold


class TestStarting:
    def test_the_same_key_gives_the_same_run(self, journal: Journal) -> None:
        """Starting twice with one key makes one run [ASYN-4]."""
        first = create(journal, key="monday")
        assert create(journal, key="monday") == first
        assert create(journal, key="tuesday") != first
        assert len(journal.runs()) == 2
        assert journal.verify(first) == 1

    def test_a_start_that_is_repeated_is_one(self, journal: Journal) -> None:
        """A start whose fate was unknown may be repeated: the same id is the same run [ASYN-4]."""
        for key in (None, "monday"):
            assert {create(journal, f"run-{key}", key=key) for _ in range(2)} == {f"run-{key}"}
            assert journal.verify(f"run-{key}") == 1

    def test_no_key_gives_a_new_run(self, journal: Journal) -> None:
        """Without a key each start makes a run."""
        assert len({create(journal) for _ in range(3)}) == 3

    def test_processes_that_race_for_a_key_get_one_run(self, place: str, journal: Journal) -> None:
        """Two processes that start with the same keys at once agree on every run [ASYN-4]."""
        with Child("start", place, "40") as one, Child("start", place, "40") as other:
            for child in (one, other):
                assert child.hear() == "ready"
            for child in (one, other):
                child.tell()
            ids = json.loads(one.hear())
            assert json.loads(other.hear()) == ids
        assert {row.id for row in journal.runs()} == set(ids)
        assert len(set(ids)) == 40
        assert all(journal.verify(run) == 1 for run in ids)
        assert journal.artifact(digest_bytes(b"content 7")) == b"content 7"

    def test_runs_are_listed_newest_first(self, journal: Journal) -> None:
        """The list of runs begins with the newest [RUNT-1]."""
        ids = [create(journal) for _ in range(3)]
        for number, run in enumerate(ids):
            moved = f"update wb_runs set created_us = created_us + {number} where id = '{run}'"
            execute(journal, moved)
        assert [row.id for row in journal.runs()] == ids[::-1]

    def test_a_strange_goal_is_no_obstacle(self, journal: Journal) -> None:
        """A goal may hold what no column of text can."""
        (first,) = Holder.take(journal, create(journal)).batch("x").lines
        journal.create_run("run-odd", None, "a\0b", NOW, [first])
        assert journal.run("run-odd").goal == "ab"


class TestCommands:
    def test_commands_are_read_in_order(self, journal: Journal) -> None:
        """Open commands of a run come oldest first, whole, and only its own [RUNT-13]."""
        run, other = create(journal), create(journal)
        orders = [Pause(reason="lunch"), Resume(by="ada"), Stop(reason="enough")]
        numbers = [journal.command(run, order, later(n)) for n, order in enumerate(orders)]
        journal.command(other, Pause(), NOW)
        rows = journal.open_commands(run)
        assert [row.command for row in rows] == orders
        assert [row.number for row in rows] == numbers == sorted(numbers)
        assert [row.at for row in rows] == [later(n) for n in range(3)]
        assert journal.runs_with_commands() == {run, other}

    def test_an_order_of_one_name_is_written_once(self, journal: Journal, holder: Holder) -> None:
        """A sender that did not hear the answer sends again by the same name: it is the same order,
        open or decided; another run's, another name's and a nameless one are their own [ASYN-5]."""
        mark = MakeCheckpoint(name="here", order="17")
        number = journal.command(holder.run, mark, NOW)
        assert not journal.was_ordered(holder.run, MakeCheckpoint(name="here"))
        assert journal.command(holder.run, mark, later(1)) == number
        holder.append("paused", handled=[(number, "done", "")])
        assert journal.command(holder.run, mark, later(2)) == number
        assert journal.was_ordered(holder.run, mark)
        assert journal.open_commands(holder.run) == []
        others = [
            (create(journal), mark),
            (holder.run, MakeCheckpoint(name="here", order="7")),
            (holder.run, MakeCheckpoint(name='"order":"18"')),
            (holder.run, MakeCheckpoint(name="x", order="18")),
            (holder.run, MakeCheckpoint(name="here")),
            (holder.run, MakeCheckpoint(name="here")),
        ]
        numbers = [journal.command(run, order, NOW) for run, order in others]
        assert len({number, *numbers}) == 1 + len(others)

    def test_a_decision_travels_with_its_events(self, journal: Journal, holder: Holder) -> None:
        """A command is decided in the same commit as the events that it causes [ASYN-5]."""
        numbers = [journal.command(holder.run, Pause(), NOW) for _ in range(3)]
        decided = [(numbers[0], "done", ""), (numbers[1], "refused", "it is finished")]
        holder.append("paused", handled=decided)
        assert [row.number for row in journal.open_commands(holder.run)] == numbers[2:]
        refused = journal.command_row(numbers[1])
        assert (refused.state, refused.error) == ("refused", "it is finished")
        holder.append(handled=[(numbers[2], "done", "")])
        assert journal.runs_with_commands() == set()

    def test_an_unknown_command_is_an_error(self, journal: Journal) -> None:
        """Asking for a command that does not exist is an error that names it."""
        with pytest.raises(NotFound, match="77"):
            journal.command_row(77)


class TestArtifacts:
    def test_an_artifact_is_stored_once(self, journal: Journal, holder: Holder) -> None:
        """The same bytes are stored once, from whichever door they come [RUNT-18]."""
        content = bytes(range(256)) * 400
        digest = digest_bytes(content)
        journal.put_artifact(digest, content)
        holder.append("a", artifacts={digest: content})
        journal.put_artifact(digest, content)
        assert journal.artifact(digest) == content

    def test_a_changed_artifact_is_found(self, journal: Journal) -> None:
        """An artifact whose bytes are not those of its name is refused [AUTH-14]."""
        digest = digest_bytes(b"right")
        journal.put_artifact(digest, b"wrong")
        with pytest.raises(JournalTampered, match=digest[:12]):
            journal.artifact(digest)

    def test_a_missing_artifact_is_an_error(self, journal: Journal) -> None:
        """Asking for an artifact that is not there is an error that names it."""
        with pytest.raises(NotFound, match="0123456789ab"):
            journal.artifact("0123456789abcdef")


class TestSnapshots:
    def snapshot(self, holder: Holder) -> None:
        view, batch = load_view(holder.journal, holder.run), holder.batch("more")
        (line,) = batch.lines
        fold(view, Record(holder.run, line.seq, NOW, 1, note("more"), line.hash))
        kept = replace(batch, snapshot=view.model_dump_json(exclude_defaults=True))
        holder.journal.append(kept).result()

    def test_the_newest_two_are_kept(self, journal: Journal, holder: Holder) -> None:
        """Snapshots do not pile up: the newest two of each run stay, newest first [RUNT-18]."""
        other = Holder.take(journal, create(journal))
        self.snapshot(other)
        for _ in range(4):
            self.snapshot(holder)
        assert [seq for seq, _ in journal.snapshots(holder.run, FOLD_VERSION)] == [5, 4]
        assert [seq for seq, _ in journal.snapshots(holder.run, FOLD_VERSION, before=4)] == [4]
        assert [seq for seq, _ in journal.snapshots(other.run, FOLD_VERSION)] == [2]

    def test_a_view_is_the_same_with_and_without(self, journal: Journal, holder: Holder) -> None:
        """A view from a snapshot and the events behind it equals the fold of all [RUNT-7]."""
        self.snapshot(holder)
        holder.append("a", "b")
        views = [load_view(journal, holder.run, at=at).model_dump() for at in (None, 3)]
        execute(journal, "delete from wb_snapshots")
        again = [load_view(journal, holder.run, at=at).model_dump() for at in (None, 3)]
        assert again == views
        assert [view["seq"] for view in views] == [4, 3]

    @pytest.mark.parametrize("damage", ["frontier = '{}'", "digest = 'x'", "fold = 99"])
    def test_a_damaged_one_is_left_aside(
        self, journal: Journal, holder: Holder, damage: str
    ) -> None:
        """A damaged snapshot, or one of another version, gives way to the one before [RUNT-17]."""
        self.snapshot(holder)
        self.snapshot(holder)
        execute(journal, f"update wb_snapshots set {damage} where seq = 3")
        assert [seq for seq, _ in journal.snapshots(holder.run, FOLD_VERSION)] == [2]
        assert load_view(journal, holder.run).seq == 3

    def test_a_snapshot_that_is_no_view_is_left_aside(
        self, journal: Journal, holder: Holder
    ) -> None:
        """A sound snapshot that the fold cannot read gives way too [RUNT-17]."""
        holder.append("a", snapshot='{"surely": "no view"}')
        assert load_view(journal, holder.run).seq == 2


class TestErrands:
    def test_an_errand_is_taken_by_one(self, place: str, journal: Journal) -> None:
        """An errand waits beside the commands, which the engine takes; of two processes that take
        it one gets it, and what became of it is kept [CONC-4]."""
        run = create(journal)
        number = journal.command(run, Fork(key="f"), NOW)
        other = Journal(place)
        assert journal.open_commands(run) == []
        assert [row.number for row in other.errands()] == [number]
        assert [journal.take_errand(number), other.take_errand(number)] == [True, False]
        assert other.command_row(number).undecided
        assert journal.errands() == []
        journal.end_errand(number, "why not")
        row = other.command_row(number)
        assert (row.state, row.error, row.undecided) == ("refused", "why not", False)
        other.close()
