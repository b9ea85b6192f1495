"""The audit as a file: rows of calls with the anchors of their runs, as JSON Lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import JournalTampered, WorkbenchError
from workbench.ids import digest
from workbench.oversight.anchors import Anchor, notebook_anchors
from workbench.report.call_audit import CALL_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "workbench-audit/1"
KEY = b"workbench-audit"
"""Key of the header in a Parquet file's metadata."""
SUFFIXES = (".jsonl", ".parquet")


class AuditFile:
    """What an exported audit says: its rows, and the anchors of the runs that they are of."""

    def __init__(self, rows: list[dict[str, Any]], anchors: list[Anchor], rows_digest: str) -> None:
        """Hold what was read."""
        self.rows, self.anchors, self._digest = rows, anchors, rows_digest

    def check_rows(self, again: list[dict[str, Any]], gone: set[str], path: Path) -> None:
        """Compare the rows with those that the journal gives for the same anchors.

        Args:
            again: what the journal gives.
            gone: runs that were pruned, whose rows stand in the file only.
            path: of the file.

        Raises:
            JournalTampered: a row was changed, removed or added, in the file or in the journal.
        """
        mine = [row for row in self.rows if row.get("run") not in gone]
        for said, known in zip(mine, again, strict=False):
            if any(said.get(name) != known[name] for name in _COMPARED):
                raise _changed(path, f"the row of run {known['run']}, event {known['seq']},")
        if len(mine) != len(again):
            raise _changed(path, f"the number of rows ({len(mine)}, not {len(again)})")
        if digest(self.rows) != self._digest:
            raise _changed(path, "a row")


_COMPARED = [name for name in CALL_COLUMNS if name != "risk"]
"""The risk is what the tools of the exporting process declared; the digest covers it."""


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a frame's rows as JSON, the same for the same frame wherever it is made."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return rows


def write_audit(path: str | Path, frame: pd.DataFrame, anchors: list[Anchor]) -> Path:
    """Write rows and anchors to a file, whose suffix says the form; it is replaced as a whole.

    Raises:
        WorkbenchError: the suffix is neither `.jsonl` nor `.parquet`.
    """
    place = Path(path)
    if place.suffix not in SUFFIXES:
        raise WorkbenchError(
            f"An audit cannot be written to {place.name}.", "Name a file *.jsonl or *.parquet."
        )
    rows = rows_of(frame)
    header = {"format": FORMAT, "rows": digest(rows), "anchors": anchors}
    part = place.with_name(f"{place.name}.part")
    if place.suffix == ".jsonl":
        lines = [json.dumps(line, ensure_ascii=False) for line in (header, *rows)]
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        _write_parquet(part, frame, header)
    part.replace(place)
    return place


def read_audit(path: Path) -> AuditFile:
    """Read an exported audit.

    Raises:
        WorkbenchError: it is none.
    """
    try:
        header, rows = _read_jsonl(path) if path.suffix == ".jsonl" else _read_parquet(path)
        _refuse_others(header["format"])
        file = AuditFile(rows, list(header["anchors"]), str(header["rows"]))
    except (OSError, KeyError, TypeError, ValueError, IndexError) as error:
        raise WorkbenchError(
            f"{path} is no audit that the workbench has written: {error}.",
            "bench.export_audit(path) writes one.",
        ) from error
    return file


def _refuse_others(form: str) -> None:
    if form != FORMAT:
        raise ValueError(f"it is of the form {form!r}")


def anchors_in(path: Path) -> list[Anchor]:
    """Give the anchors in a notebook, or in a JSON file of one anchor or several.

    Raises:
        WorkbenchError: it holds none.
    """
    try:
        if path.suffix == ".ipynb":
            found = list(notebook_anchors(path))
        else:
            read = json.loads(path.read_text(encoding="utf-8"))
            found = list(read) if isinstance(read, list) else [read]
    except (OSError, ValueError, AttributeError) as error:
        raise WorkbenchError(f"{path} cannot be read: {error}.", "Name another file.") from error
    if not found:
        raise WorkbenchError(f"{path} holds no anchor.", "Show a run in it, and save it.")
    return found


def _write_parquet(path: Path, frame: pd.DataFrame, header: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    own = {**(table.schema.metadata or {}), KEY: json.dumps(header).encode()}
    pq.write_table(table.replace_schema_metadata(own), path)


def _read_parquet(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    header = json.loads((table.schema.metadata or {})[KEY])
    return header, rows_of(table.to_pandas())


def _read_jsonl(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, *rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return header, rows


def _changed(path: Path, what: str) -> JournalTampered:
    return JournalTampered(
        f"The audit {path.name} and the journal do not agree: {what} was changed.",
        "If run.verify(anchor=…) holds for its anchors, it is the file that was changed.",
        path=str(path),
    )
