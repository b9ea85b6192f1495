import { useEffect, useState } from "react";
import { Button } from "./Button.tsx";

export interface DecideProps {
  readonly label: string;
  readonly testId: string;
  readonly caution: Caution;
  readonly disabled: boolean;
  readonly busy: boolean;
  readonly onDecide: () => void;
}

/** How deliberate the press must be: one press, two with a pause between, or the amount typed. */
export type Caution =
  | { readonly kind: "none" }
  | { readonly kind: "pause"; readonly sentence: string }
  | { readonly kind: "amount"; readonly sentence: string; readonly amount: string };

export const PAUSE_MS = 1_500;

/** The button that lets something happen. Enter never presses it. */
export function Decide({ label, testId, caution, disabled, busy, onDecide }: DecideProps) {
  const [asked, setAsked] = useState(false);
  if (caution.kind === "none" || !asked) {
    return (
      <Button
        testId={testId}
        look="firm"
        deliberate
        disabled={disabled}
        busy={busy}
        onPress={caution.kind === "none" ? onDecide : () => setAsked(true)}
      >
        {label}
      </Button>
    );
  }
  return <Confirm {...{ label, caution, busy, onDecide }} onBack={() => setAsked(false)} />;
}

interface ConfirmProps {
  readonly label: string;
  readonly caution: Exclude<Caution, { kind: "none" }>;
  readonly busy: boolean;
  readonly onDecide: () => void;
  readonly onBack: () => void;
}

function Confirm({ label, caution, busy, onDecide, onBack }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, []);
  const ready = waited && (caution.kind === "pause" || typed.trim() === caution.amount);
  return (
    <fieldset className="wb-confirm" onKeyDown={(event) => event.key === "Escape" && onBack()}>
      <legend className="wb-spoken">Confirm: {label}</legend>
      <span className="wb-confirm-sentence">{caution.sentence}</span>
      {caution.kind === "amount" ? (
        <input
          className="wb-input wb-amount"
          aria-label={`Type ${caution.amount} to confirm`}
          placeholder={caution.amount}
          data-testid="confirm-amount"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      ) : null}
      <Button testId="confirm-back" look="quiet" onPress={onBack}>
        Back
      </Button>
      <Button testId="confirm" look="firm" deliberate disabled={!ready} busy={busy} onPress={onDecide}>
        <span className="wb-pause" data-waited={waited} aria-hidden="true" />
        Yes: {label}
      </Button>
    </fieldset>
  );
}
