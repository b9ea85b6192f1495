import type { RunState } from "../store.ts";
import type { SettledRow } from "../wire.ts";
import { who } from "../words.ts";
import { Ago } from "./When.tsx";

const VERDICTS: Readonly<Record<string, string>> = { approve: "allowed", deny: "refused", choose: "chosen" };
const DOORS: Readonly<Record<string, string>> = {
  python: "in a cell",
  magic: "in a cell",
  widget: "in another view",
  panel: "in the side panel",
  cli: "in a terminal",
};

/** Says plainly when a question that was shown here was settled through another door, or by nobody in time. */
export function Elsewhere({ state }: { state: RunState }) {
  const row = state.vanished !== null && !state.mine.has(state.vanished.id) ? state.vanished : null;
  return (
    <div role="status">
      {row ? (
        <p className="wb-notice" data-testid="answered-elsewhere">
          {row.title} — {words(row)}, <Ago at={row.at} />.
        </p>
      ) : null}
    </div>
  );
}

function words(row: SettledRow): string {
  if (row.how === "expired") return "nobody answered in time, which counts as a refusal";
  const door = DOORS[row.surface] ?? (row.surface ? `through ${row.surface}` : "");
  return `answered elsewhere: ${VERDICTS[row.verdict] ?? row.verdict} by ${who(row.by)} ${door}`.trimEnd();
}
