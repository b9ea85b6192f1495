import { type KeyboardEvent, useRef } from "react";
import { lineOf, timeOf } from "../face.ts";
import { t } from "../t.ts";
import type { StepRow } from "../wire.ts";
import { STEP_SIGNS, who } from "../words.ts";
import { StateMark } from "./Icon.tsx";
import { Windowed } from "./Windowed.tsx";
import { walk } from "./walk.ts";

export interface PlanListProps {
  readonly steps: readonly StepRow[];
  readonly selected: string | null;
  readonly onSelect: (id: string | null) => void;
}

/** The plan as a list; arrow keys walk through it, a second press takes the choice back. */
export function PlanList({ steps, selected, onSelect }: PlanListProps) {
  const moved = useRef(false);
  const current = Math.max(
    0,
    steps.findIndex((step) => step.id === selected),
  );
  const author = steps[0]?.author ?? "";
  const oneWay = steps.findIndex((step) => step.one_way);

  function onKeyDown(event: KeyboardEvent) {
    const step = steps[walk(event.key, current, steps.length) ?? -1];
    if (!step) return;
    event.preventDefault();
    moved.current = true;
    onSelect(step.id);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the buttons inside, which are what is focused
    <div onKeyDown={onKeyDown}>
      <Windowed
        className="wb-scroll"
        label={t("Steps")}
        rows={steps}
        keyOf={(step) => step.id}
        inSight={selected === null ? -1 : current}
        always={current}
        render={(step, index) => (
          <>
            {index === oneWay ? <OneWayMark step={step} /> : null}
            <StepButton
              step={step}
              author={step.author === author ? "" : step.author}
              selected={step.id === selected}
              reachable={index === current}
              onPress={() => onSelect(step.id === selected ? null : step.id)}
              takeFocus={(button) => {
                if (!moved.current || step.id !== selected) return;
                moved.current = false;
                button.focus({ preventScroll: true });
              }}
            />
          </>
        )}
      />
    </div>
  );
}

function OneWayMark({ step }: { step: StepRow }) {
  return (
    <p className="wb-one-way" data-testid="one-way">
      <span>{lineOf(step)}</span>
    </p>
  );
}

interface StepButtonProps {
  readonly step: StepRow;
  readonly author: string;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly onPress: () => void;
  readonly takeFocus: (button: HTMLButtonElement) => void;
}

function StepButton({ step, author, selected, reachable, onPress, takeFocus }: StepButtonProps) {
  const sign = STEP_SIGNS[step.state];
  return (
    <button
      type="button"
      className="wb-step"
      data-testid={`step-${step.id}`}
      data-state={step.state}
      aria-pressed={selected}
      tabIndex={reachable ? 0 : -1}
      onClick={onPress}
      ref={(button) => {
        if (button) takeFocus(button);
      }}
    >
      <StateMark sign={sign} word="spoken" />
      <span className="wb-step-title" title={step.id}>
        {step.title || step.id}
      </span>
      {author ? <span className="wb-step-author">{who(author)}</span> : null}
      <span className="wb-step-time wb-number" data-tone={sign.tone}>
        {timeOf(step)}
      </span>
    </button>
  );
}
