import { useId, useState } from "react";
import { mark, t } from "../t.ts";
import { spoken } from "../words.ts";

/** How the plan is shown. */
export type Look = "list" | "graph";

const KEY = "workbench-plan-look";
const WORDS: Readonly<Record<Look, string>> = spoken({ list: mark("List"), graph: mark("Graph") });

/** The look that was chosen last in this browser; a page that may keep nothing begins with the list. */
export function useLook(): readonly [Look, (look: Look) => void] {
  const [look, setLook] = useState<Look>(() => (kept() === "graph" ? "graph" : "list"));
  return [
    look,
    (wanted) => {
      setLook(wanted);
      keep(wanted);
    },
  ];
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(look: Look): void {
  try {
    localStorage.setItem(KEY, look);
  } catch {
    // Not allowed here, or full: the choice holds for this view.
  }
}

export interface LookSwitchProps {
  readonly look: Look;
  readonly onLook: (look: Look) => void;
}

/** List or graph: one stop for Tab, changed by the arrow keys. */
export function LookSwitch({ look, onLook }: LookSwitchProps) {
  const name = useId();
  return (
    <span className="wb-look" role="radiogroup" aria-label={t("Show the plan as")}>
      {(["list", "graph"] as const).map((one) => (
        <label key={one}>
          <input
            type="radio"
            name={name}
            value={one}
            data-testid={`look-${one}`}
            checked={look === one}
            onChange={() => onLook(one)}
          />
          <span>{WORDS[one]}</span>
        </label>
      ))}
    </span>
  );
}
