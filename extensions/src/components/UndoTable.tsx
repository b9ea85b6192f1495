import type { Outcome, Undo } from "../past.ts";
import { mark, t } from "../t.ts";
import { count, type IconName, type Tone } from "../words.ts";
import { Icon } from "./Icon.tsx";

const SIGNS: Readonly<Record<Outcome, { icon: IconName; tone: Tone }>> = {
  undone: { icon: "back", tone: "quiet" },
  undone_with_traces: { icon: "back", tone: "waits" },
  not_undoable: { icon: "cross", tone: "bad" },
  unknown: { icon: "question", tone: "doubt" },
};
const WORDS: Readonly<Record<Outcome, readonly [string, string]>> = {
  undone: [mark("will be undone"), mark("undone")],
  undone_with_traces: [mark("will be undone, leaving traces"), mark("undone, with traces")],
  not_undoable: [mark("cannot be undone"), mark("not undone")],
  unknown: [mark("not known"), mark("not known")],
};

/** "2 will be undone, 1 cannot be undone"; every outcome that there is, and their sum is all. */
export function undoSentence({ counts, preview }: Undo): string {
  const said = (Object.keys(WORDS) as Outcome[]).flatMap((outcome) => {
    const number = counts[outcome] ?? 0;
    return number > 0 ? [`${number} ${t(WORDS[outcome][preview ? 0 : 1])}`] : [];
  });
  return said.length > 0 ? `${said.join(", ")}.` : t("Nothing was done in the world since here.");
}

/** What the button says: no more than it can do. */
export function undoVerb({ counts, rows }: Undo): string {
  const gone = (counts.undone ?? 0) + (counts.undone_with_traces ?? 0);
  if (rows.length === 0) return t("Go back to here");
  if (gone === 0) return t("Go back; nothing is undone");
  return gone === rows.length
    ? t("Undo %1", count(gone, "effect"))
    : t("Undo %1 of %2", gone, count(rows.length, "effect"));
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
                  {undo.preview
                    ? t("will be told again: %1", row.told.join(", "))
                    : t("told again: %1", row.told.join(", "))}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
      {undo.shared.length > 0 ? (
        <p className="wb-hint">
          {t(
            "Shared with the run that this is a fork of, and undone only there: %1.",
            undo.shared.join(", "),
          )}
        </p>
      ) : null}
      {undo.open.length > 0 ? (
        <p className="wb-undo-open" data-tone="waits">
          {t(
            "%1 of run %2 waits for you: %3",
            count(undo.open.length, "question"),
            undo.undo,
            undo.open.join(", "),
          )}
        </p>
      ) : null}
      {undo.told_known || undo.rows.length === 0 ? null : (
        <p className="wb-hint">
          {t("As far as the journal knows: the tools, which live in the kernel, were not asked.")}
        </p>
      )}
    </div>
  );
}
