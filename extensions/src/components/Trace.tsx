import { type KeyboardEvent, memo, useMemo, useRef, useState } from "react";
import { duration } from "../measure.ts";
import { t } from "../t.ts";
import type { StepRow, TraceRow } from "../wire.ts";
import { CLASS_NAMES, signFor } from "../words.ts";
import { StateMark } from "./Icon.tsx";
import { Clock } from "./When.tsx";
import { Windowed } from "./Windowed.tsx";
import { walk } from "./walk.ts";

export interface TraceProps {
  readonly rows: readonly TraceRow[];
  readonly steps: readonly StepRow[];
  /** Only rows of this step are shown. */
  readonly step: string | null;
}

/** What happened, oldest first. It follows the run until the person points at it, walks in it, or opens a row. */
export function Trace({ rows, steps, step }: TraceProps) {
  const [filter, setFilter] = useState("");
  const [follow, setFollow] = useState(true);
  const [pointed, setPointed] = useState(false);
  const [opened, setOpened] = useState<number | null>(null);
  const titles = useMemo(() => new Map(steps.map((one) => [one.id, one.title || one.id])), [steps]);
  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    return rows.filter((row) => {
      if (step !== null && row.step !== step) return false;
      if (wanted === "") return true;
      const title = row.step === null ? "" : titles.get(row.step);
      return [row.kind, row.text, row.tool, title, row.state].some((t) => t?.toLowerCase().includes(wanted));
    });
  }, [rows, step, filter, titles]);
  /** The row that has the focus; else Tab leads to the last one. */
  const [at, setAt] = useState<number | null>(null);
  const moved = useRef(false);
  const found = shown.findIndex((row) => row.seq === at);
  const current = found < 0 ? shown.length - 1 : found;
  const following = follow && !pointed && opened === null && at === null;
  const narrowed = step !== null ? t(" of %1", titles.get(step) ?? step) : "";

  function onKeyDown(event: KeyboardEvent) {
    const row = shown[walk(event.key, current, shown.length) ?? -1];
    if (!row) return;
    event.preventDefault();
    moved.current = true;
    setAt(row.seq);
  }

  return (
    <section className="wb-panel wb-trace" aria-label={t("Trace")} tabIndex={-1}>
      <h4 className="wb-title">
        <span className="wb-title-text">
          {t("Trace")}
          <span className="wb-aside">
            {" "}
            {shown.length.toLocaleString("en-GB")} {shown.length === 1 ? t("row") : t("rows")}
            {narrowed}
          </span>
        </span>
        <input
          className="wb-input wb-filter"
          type="search"
          aria-label={t("Filter the trace")}
          placeholder={t("filter…")}
          data-testid="trace-filter"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <label className="wb-check">
          <input
            type="checkbox"
            checked={follow}
            data-testid="trace-follow"
            onChange={(event) => setFollow(event.target.checked)}
          />
          {t("follow")}
        </label>
      </h4>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: rows must not move under the mouse, so following rests meanwhile */}
      <div
        onMouseEnter={() => setPointed(true)}
        onMouseLeave={() => setPointed(false)}
        onKeyDown={onKeyDown}
        onBlur={() => moved.current || setAt(null)}
      >
        {shown.length === 0 ? (
          <p className="wb-empty">
            {filter.trim() === "" ? t("Nothing has happened here yet.") : t("No row fits the filter.")}
          </p>
        ) : (
          <Windowed
            className="wb-scroll wb-trace-rows"
            label={t("Events")}
            rows={shown}
            keyOf={(row) => String(row.seq)}
            inSight={following ? shown.length - 1 : found}
            always={current}
            render={(row, index) => (
              <TraceLine
                row={row}
                reachable={index === current}
                onFocus={() => setAt(row.seq)}
                takeFocus={(button) => {
                  if (!moved.current) return;
                  moved.current = false;
                  button.focus({ preventScroll: true });
                }}
                title={row.step === null ? "" : (titles.get(row.step) ?? row.step)}
                open={opened === row.seq}
                onToggle={() => setOpened((old) => (old === row.seq ? null : row.seq))}
              />
            )}
          />
        )}
      </div>
    </section>
  );
}

interface TraceLineProps {
  readonly row: TraceRow;
  readonly title: string;
  readonly open: boolean;
  readonly reachable: boolean;
  readonly onToggle: () => void;
  readonly onFocus: () => void;
  readonly takeFocus: (button: HTMLButtonElement) => void;
}

/** Drawn again only when what it shows is another: a list that scrolls draws a window of rows for each frame. */
const TraceLine = memo(DrawnLine, (before, now) =>
  (["row", "title", "open", "reachable"] as const).every((name) => before[name] === now[name]),
);

function DrawnLine({ row, title, open, reachable, onToggle, onFocus, takeFocus }: TraceLineProps) {
  return (
    <>
      <button
        type="button"
        className="wb-row"
        data-testid={`trace-${row.seq}`}
        aria-expanded={open}
        title={row.kind}
        tabIndex={reachable ? 0 : -1}
        onClick={onToggle}
        onFocus={onFocus}
        ref={(button) => {
          if (button && reachable) takeFocus(button);
        }}
      >
        <Clock at={row.at} />
        <StateMark sign={signFor(row.state)} word="spoken" />
        <span className="wb-row-title">{title}</span>
        <span className="wb-row-text">{row.text}</span>
        <span className="wb-row-effect">{nameOfEffect(row.effect)}</span>
        <span className="wb-number wb-row-time">
          {row.duration_s === null ? "" : duration(row.duration_s)}
        </span>
      </button>
      {open ? <pre className="wb-text wb-row-detail">{row.detail || row.kind}</pre> : null}
    </>
  );
}

/** A newer kernel may name one that this page does not know. */
function nameOfEffect(effect: string | null): string {
  const names: Readonly<Record<string, string>> = CLASS_NAMES;
  return effect === null ? "" : (names[effect] ?? effect);
}
