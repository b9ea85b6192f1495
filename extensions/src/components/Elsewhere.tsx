import type { RunState } from "../store.ts";
import { mark, t } from "../t.ts";
import type { SettledRow } from "../wire.ts";
import { spoken, who } from "../words.ts";
import { Ago } from "./When.tsx";

const VERDICTS: Readonly<Record<string, string>> = { approve: "allowed", deny: "refused", choose: "chosen" };
const DOORS: Readonly<Record<string, string>> = spoken({
  python: mark("in a cell"),
  magic: mark("in a cell"),
  widget: mark("in another view"),
  panel: mark("in the side panel"),
  cli: mark("in a terminal"),
});

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
  if (row.how === "expired") return t("nobody answered in time, which counts as a refusal");
  const door = DOORS[row.surface] ?? (row.surface ? t("through %1", row.surface) : "");
  return t(
    "answered elsewhere: %1 by %2 %3",
    VERDICTS[row.verdict] ?? row.verdict,
    who(row.by),
    door,
  ).trimEnd();
}
