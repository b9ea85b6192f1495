import { useState } from "react";
import { type Changes as Changed, readChanges } from "../past.ts";
import { showValue } from "../schema.ts";
import { mark, t } from "../t.ts";
import type { Header, Json } from "../wire.ts";
import { spoken, who } from "../words.ts";
import { useAsked } from "./asking.ts";

const WORDS = spoken({ added: mark("new"), changed: mark("changed"), removed: mark("removed") });

/** What the newest revision changed. It is open where the run is held for the person to look at it, and where a
 * revision came while they looked on. */
export function Changes({ header }: { header: Header }) {
  const [first] = useState(header.revision);
  const held = header.held === true;
  if (header.revision < 2) return null;
  return (
    <Revision
      key={header.revision}
      number={header.revision}
      held={held}
      fresh={held || (first > 0 && header.revision > first)}
    />
  );
}

function Revision({ number, held, fresh }: { number: number; held: boolean; fresh: boolean }) {
  const [open, setOpen] = useState(fresh);
  return (
    <details
      className="wb-changes"
      data-testid="changes"
      data-held={held}
      open={open || held}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{t("What revision %1 changed", number)}</summary>
      {open || held ? <Difference number={number} held={held} /> : null}
    </details>
  );
}

function Difference({ number, held }: { number: number; held: boolean }) {
  const { answer, fault } = useAsked({ about: "changes", number }, readChanges);
  if (!answer) return <p className="wb-hint">{fault ?? t("Comparing…")}</p>;
  return (
    <>
      <p className="wb-hint" data-testid="changes-sum">
        {sumOf(answer)}
        {answer.author ? t(", by %1", who(answer.author)) : ""}
        {answer.reason ? `: ${answer.reason}` : "."}
      </p>
      <ul className="wb-changes-rows">
        {answer.steps.map((one) => (
          <li key={one.step} data-testid={`changed-${one.step}`} data-how={one.how}>
            <span className="wb-changes-name">
              {one.how === "removed" ? <del>{one.title || one.step}</del> : one.title || one.step}{" "}
              <span className="wb-tag">{WORDS[one.how]}</span>
            </span>
            {one.fields.map((field) => (
              <p key={field.name} className="wb-before">
                {field.name} {field.before === null ? null : <del>{shown(field.before)}</del>}{" "}
                {field.after === null ? null : <ins>{shown(field.after)}</ins>}
              </p>
            ))}
          </li>
        ))}
      </ul>
      {held ? (
        <p className="wb-hint">
          {t(
            "The run is held for you to look at this: resume it, edit it, or say what else should be different.",
          )}
        </p>
      ) : null}
    </>
  );
}

function shown(value: Json): string {
  return Array.isArray(value)
    ? value.map((item) => showValue(item)).join(", ") || t("nothing")
    : showValue(value);
}

function sumOf({ steps, moved }: Changed): string {
  const said = Object.entries(WORDS).flatMap(([how, word]) => {
    const number = steps.filter((one) => one.how === how).length;
    return number > 0 ? [`${number} ${word}`] : [];
  });
  if (said.length > 0) return said.join(", ");
  return moved ? t("only the order of the list") : t("nothing");
}
