import { useState } from "react";
import { clock } from "../measure.ts";
import { t } from "../t.ts";
import type { FreezeRow } from "../wire.ts";
import { who } from "../words.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { frozenWords } from "./Freeze.tsx";

/** The freezes in force. Lifting one takes a second press, for it lets calls through again. */
export function Frozen({ frozen }: { frozen: readonly FreezeRow[] }) {
  return frozen.map((one) => <One key={one.id} freeze={one} />);
}

function One({ freeze }: { freeze: FreezeRow }) {
  const { busy, error, run } = useCommand();
  const words = frozenWords(freeze.what, freeze.tool);
  const [open, setOpen] = useState(false);
  return (
    <div className="wb-notice wb-frozen" data-testid="frozen">
      <div className="wb-term">
        <span className="wb-term-text" role="status">
          <strong>{t("Frozen in every run of this journal: %1.", words)}</strong>{" "}
          {freeze.why ? `${freeze.why} ` : ""}
          <span className="wb-aside">{t("by %1, %2", who(freeze.by), clock(freeze.at))}</span>
        </span>
        <Button
          testId="lift"
          expanded={open}
          label={t("Lift the freeze: %1", words)}
          onPress={() => setOpen(!open)}
        >
          {t("Lift…")}
        </Button>
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
          <Button
            testId="lift-confirm"
            busy={busy}
            deliberate
            onPress={() => run({ kind: "lift", rule: freeze.id })}
          >
            {t("Lift the freeze")}
          </Button>
        </fieldset>
      ) : null}
      {error ? (
        <p className="wb-error" role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}
