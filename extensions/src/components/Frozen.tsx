import { useState } from "react";
import { clock } from "../measure.ts";
import { t } from "../t.ts";
import type { FreezeRow } from "../wire.ts";
import { who } from "../words.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { Fault } from "./Fault.tsx";
import { frozenWords } from "./Freeze.tsx";

export interface FrozenProps {
  readonly frozen: readonly FreezeRow[];
  /** False where nothing can be ordered. */
  readonly liftable: boolean;
  /** Names the journal, where the view is of more than one. */
  readonly journal?: string;
  readonly onLifted?: () => void;
}

/** The freezes in force: they hold every run, so they stand in the view of each, also of one that is over. Lifting one
 * takes a second press, for it lets calls through again. */
export function Frozen({ frozen, ...props }: FrozenProps) {
  return frozen.map((one) => <One key={one.id} freeze={one} {...props} />);
}

type OneProps = Omit<FrozenProps, "frozen"> & { readonly freeze: FreezeRow };

function One({ freeze, liftable, journal, onLifted }: OneProps) {
  const { busy, error, run } = useCommand();
  async function lift() {
    if (await run({ kind: "lift", rule: freeze.id })) onLifted?.();
  }
  const words = frozenWords(freeze.what, freeze.tool);
  const [open, setOpen] = useState(false);
  return (
    <div className="wb-notice wb-frozen" data-testid="frozen">
      <div className="wb-term">
        <span className="wb-term-text" role="status">
          <strong>
            {journal === undefined
              ? t("Frozen in every run of this journal: %1.", words)
              : t("Frozen in every run of %1: %2.", journal, words)}
          </strong>{" "}
          {freeze.why ? `${freeze.why} ` : ""}
          <span className="wb-aside">{t("by %1, %2", who(freeze.by), clock(freeze.at))}</span>
        </span>
        {liftable ? (
          <Button
            testId="lift"
            expanded={open}
            label={t("Lift the freeze: %1", words)}
            onPress={() => setOpen(!open)}
          >
            {t("Lift…")}
          </Button>
        ) : null}
      </div>
      {open ? (
        <fieldset className="wb-strip" data-testid="lift-strip" onKeyDown={onEscape(() => setOpen(false))}>
          <legend className="wb-spoken">{t("Lift the freeze")}</legend>
          <span className="wb-strip-sentence">
            {t(
              "Such calls are made again, in every run, as far as its other rules and rights let them. A run that is paused goes on when it is resumed.",
            )}
          </span>
          <Button testId="lift-back" look="quiet" onPress={() => setOpen(false)}>
            {t("Not now")}
          </Button>
          <Button testId="lift-confirm" busy={busy} deliberate onPress={lift}>
            {t("Lift the freeze")}
          </Button>
        </fieldset>
      ) : null}
      <Fault error={error} />
    </div>
  );
}
