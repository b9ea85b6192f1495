import type { Outcome, Undo } from "../past.ts";
import { count, type IconName, type Tone } from "../words.ts";
import { Icon } from "./Icon.tsx";

const SIGNS: Readonly<Record<Outcome, { icon: IconName; tone: Tone }>> = {
  undone: { icon: "back", tone: "quiet" },
  undone_with_traces: { icon: "back", tone: "waits" },
  not_undoable: { icon: "cross", tone: "bad" },
  unknown: { icon: "question", tone: "doubt" },
};
const WORDS: Readonly<Record<Outcome, readonly [string, string]>> = {
  undone: ["will be undone", "undone"],
  undone_with_traces: ["will be undone, leaving traces", "undone, with traces"],
  not_undoable: ["cannot be undone", "not undone"],
  unknown: ["not known", "not known"],
};

/** "2 will be undone, 1 cannot be undone"; every outcome that there is, and their sum is all. */
export function undoSentence({ counts, preview }: Undo): string {
  const said = (Object.keys(WORDS) as Outcome[]).flatMap((outcome) => {
    const number = counts[outcome] ?? 0;
    return number > 0 ? [`${number} ${WORDS[outcome][preview ? 0 : 1]}`] : [];
  });
  return said.length > 0 ? `${said.join(", ")}.` : "Nothing was done in the world since here.";
}

/** What the button says: no more than it can do. */
export function undoVerb({ counts, rows }: Undo): string {
  const gone = (counts.undone ?? 0) + (counts.undone_with_traces ?? 0);
  if (rows.length === 0) return "Go back to here";
  if (gone === 0) return "Go back; nothing is undone";
  return gone === rows.length
    ? `Undo ${count(gone, "effect")}`
    : `Undo ${gone} of ${count(rows.length, "effect")}`;
}

/** One line for each effect, the last first: what will become of it, or what has. */
export function UndoTable({ undo }: { undo: Undo }) {
  return (
    <div className="wb-undo" data-testid={undo.preview ? "undo-preview" : "undo-report"}>
      <p className="wb-undo-sum">{undoSentence(undo)}</p>
      <ul className="wb-undo-rows">
        {undo.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step may have several effects, and the list never changes its order
          <li key={index} className="wb-undo-row" data-outcome={row.outcome}>
            <span className="wb-mark" data-tone={SIGNS[row.outcome].tone}>
              <Icon name={SIGNS[row.outcome].icon} />
              {row.words}
            </span>
            <span className="wb-undo-what">
              <strong>{row.step}</strong> {row.tool} <span className="wb-aside">{row.what}</span>
              {row.why ? <span className="wb-undo-why">{row.why}</span> : null}
              {row.told.length > 0 ? (
                <span className="wb-undo-why">
                  {undo.preview ? "will be told again: " : "told again: "}
                  {row.told.join(", ")}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
      {undo.shared.length > 0 ? (
        <p className="wb-hint">
          Shared with the run that this is a fork of, and undone only there: {undo.shared.join(", ")}.
        </p>
      ) : null}
      {undo.open.length > 0 ? (
        <p className="wb-undo-open" data-tone="waits">
          {count(undo.open.length, "question")} of run {undo.undo} waits for you: {undo.open.join(", ")}
        </p>
      ) : null}
      {undo.told_known || undo.rows.length === 0 ? null : (
        <p className="wb-hint">
          As far as the journal knows: the tools, which live in the kernel, were not asked.
        </p>
      )}
    </div>
  );
}
