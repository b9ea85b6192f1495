import { useEffect, useState } from "react";
import { isSame } from "../answer.ts";
import { t } from "../t.ts";
import { Button } from "./Button.tsx";
import { onEscape } from "./escape.ts";
import { useNow } from "./When.tsx";

export interface DecideProps {
  readonly label: string;
  readonly testId: string;
  readonly caution: Caution;
  readonly disabled: boolean;
  readonly busy: boolean;
  /** How it is drawn where one press is enough. */
  readonly look?: "plain" | "firm" | "quiet";
  /** Takes what was typed; empty where nothing is. */
  readonly onDecide: (typed: string) => void;
  readonly onArm?: () => void;
}

/** How deliberate the act must be: one press, two with a pause between, a value typed, or two steps with a delay. */
export type Caution =
  | { readonly kind: "none" }
  | { readonly kind: "pause"; readonly sentence: string }
  | {
      readonly kind: "amount";
      readonly sentence: string;
      readonly amount: string;
      /** The arguments were edited, so the kernel knows the value and the page does not. */
      readonly edited: boolean;
    }
  | { readonly kind: "two_step"; readonly delay_s: number; readonly armed: string | null };

export const PAUSE_MS = 1_500;

/** The button that lets something happen. Enter never presses it. */
export function Decide(props: DecideProps) {
  const { label, testId, caution, disabled, busy, look = "firm", onDecide } = props;
  const [asked, setAsked] = useState(false);
  if (caution.kind === "two_step") return <TwoSteps {...props} caution={caution} />;
  if (caution.kind === "none" || !asked) {
    return (
      <Button
        testId={testId}
        look={look}
        deliberate
        disabled={disabled}
        busy={busy}
        onPress={caution.kind === "none" ? () => onDecide("") : () => setAsked(true)}
      >
        {label}
      </Button>
    );
  }
  return <Confirm {...{ label, caution, busy, onDecide }} onBack={() => setAsked(false)} />;
}

type TwoStep = Extract<Caution, { kind: "two_step" }>;

function TwoSteps(props: DecideProps & { caution: TwoStep }) {
  const { label, testId, caution, disabled, busy, onDecide, onArm } = props;
  if (caution.armed !== null) {
    return (
      <Second {...{ label, disabled, busy, onDecide }} armed={caution.armed} delay_s={caution.delay_s} />
    );
  }
  return (
    <Button testId={testId} look="firm" deliberate disabled={disabled} busy={busy} onPress={() => onArm?.()}>
      {t("Step 1 of 2: %1", label)}
    </Button>
  );
}

interface SecondProps extends Pick<DecideProps, "label" | "disabled" | "busy" | "onDecide"> {
  readonly armed: string;
  readonly delay_s: number;
}

/** The first step is in the journal; the second, in another place, is dead until the delay is over. */
function Second({ label, disabled, busy, onDecide, armed, delay_s }: SecondProps) {
  const now = useNow(250);
  const [seen] = useState(now);
  // The kernel's clock may be ahead of this one: never wait longer than the delay, as seen from here.
  const left_s = Math.ceil(delay_s - (now - Math.min(Date.parse(armed), seen)) / 1_000);
  return (
    <fieldset className="wb-confirm wb-second">
      <legend className="wb-spoken">{t("Second step: %1", label)}</legend>
      <span className="wb-confirm-sentence" data-testid="armed">
        {left_s > 0 ? t("Armed. Think once more: %1 s.", left_s) : t("Armed. This cannot be taken back.")}
      </span>
      <Button
        testId="confirm"
        look="firm"
        deliberate
        disabled={disabled || left_s > 0}
        busy={busy}
        onPress={() => onDecide("")}
      >
        {t("Step 2 of 2: %1", label)}
      </Button>
    </fieldset>
  );
}

interface ConfirmProps {
  readonly label: string;
  readonly caution: Extract<Caution, { kind: "pause" | "amount" }>;
  readonly busy: boolean;
  readonly onDecide: (typed: string) => void;
  readonly onBack: () => void;
}

function Confirm({ label, caution, busy, onDecide, onBack }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, []);
  const given = typed.trim();
  const matches = caution.kind === "pause" || (caution.edited ? given !== "" : isSame(given, caution.amount));
  return (
    <fieldset className="wb-confirm" onKeyDown={onEscape(onBack)}>
      <legend className="wb-spoken">{t("Confirm: %1", label)}</legend>
      <span className="wb-confirm-sentence">{caution.sentence}</span>
      {caution.kind === "amount" ? (
        <input
          className="wb-input wb-amount"
          aria-label={
            caution.edited ? t("Type the edited value to confirm") : t("Type %1 to confirm", caution.amount)
          }
          placeholder={caution.edited ? "" : caution.amount}
          data-testid="confirm-amount"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      ) : null}
      <Button testId="confirm-back" look="quiet" onPress={onBack}>
        {t("Back")}
      </Button>
      <Button
        testId="confirm"
        look="firm"
        deliberate
        disabled={!(waited && matches)}
        busy={busy}
        onPress={() => onDecide(given)}
      >
        <span className="wb-pause" data-waited={waited} aria-hidden="true" />
        {t("Yes: %1", label)}
      </Button>
    </fieldset>
  );
}
