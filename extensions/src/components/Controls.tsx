import { useState } from "react";
import { t, tn } from "../t.ts";
import type { Header, StepRow } from "../wire.ts";
import { count, isOver } from "../words.ts";
import { Button } from "./Button.tsx";
import { holdToEdit, useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { Fault } from "./Fault.tsx";
import { Icon } from "./Icon.tsx";

type Strip = "stop" | "checkpoint" | "abandon";

export interface ControlsProps {
  readonly header: Header;
  readonly steps: readonly StepRow[];
  readonly onEdit: () => void;
  /** Whether the way back is open. */
  readonly back: boolean;
  readonly onBack: () => void;
}

/** The one line of controls. What needs a word more opens a strip below it. */
export function Controls({ header, steps, onEdit, back, onBack }: ControlsProps) {
  const { busy, error, run } = useCommand();
  const [strip, setStrip] = useState<Strip | null>(null);
  const goBack = (
    <Button testId="go-back" expanded={back} label={t("Go back")} onPress={onBack}>
      <Icon name="back" /> {t("Go back…")}
    </Button>
  );
  if (isOver(header.state)) {
    return (
      <div className="wb-controls">
        <div className="wb-buttons" role="toolbar" aria-label={t("Controls of the run")}>
          {goBack}
        </div>
      </div>
    );
  }

  const paused = header.state === "paused";
  const stopping = header.state === "stopping";
  const toggle = (wanted: Strip) => setStrip(strip === wanted ? null : wanted);

  async function edit() {
    if (await holdToEdit(header, run)) onEdit();
  }

  return (
    <div className="wb-controls" tabIndex={-1}>
      <div className="wb-buttons" role="toolbar" aria-label={t("Controls of the run")}>
        {stopping ? null : (
          <>
            <Button
              testId={paused ? "resume" : "pause"}
              look="firm"
              busy={busy}
              title={header.controls.pause ?? undefined}
              onPress={() => run(paused ? { kind: "resume" } : { kind: "pause", reason: "" })}
            >
              {paused ? <Triangle /> : <Icon name="bars" />}
              {paused ? t("Resume") : t("Pause")}
            </Button>
            <Button testId="edit-plan" busy={busy} title={header.controls.edit ?? undefined} onPress={edit}>
              {t("Edit plan")}
            </Button>
            <Button
              testId="checkpoint"
              expanded={strip === "checkpoint"}
              label={t("Checkpoint")}
              onPress={() => toggle("checkpoint")}
            >
              {t("Checkpoint…")}
            </Button>
            {goBack}
            <Button
              testId="stop"
              expanded={strip === "stop"}
              label={t("Stop")}
              title={header.controls.stop ?? undefined}
              onPress={() => toggle("stop")}
            >
              {t("Stop…")}
            </Button>
          </>
        )}
        {stopping ? (
          <Button
            testId="abandon"
            expanded={strip === "abandon"}
            label={t("Abandon")}
            onPress={() => toggle("abandon")}
          >
            {t("Abandon…")}
          </Button>
        ) : null}
      </div>
      {strip ? (
        <StripForm key={strip} strip={strip} wording={wording(strip, steps)} onClose={() => setStrip(null)} />
      ) : null}
      <Fault error={error} role="status" />
    </div>
  );
}

interface StripFormProps {
  readonly strip: Strip;
  readonly wording: Wording;
  readonly onClose: () => void;
}

function StripForm({ strip, wording, onClose }: StripFormProps) {
  const { busy, error, run } = useCommand();
  const [typed, setTyped] = useState("");
  const [pointless, setPointless] = useState(false);
  const { sentence, field } = wording;
  const verb = pointless ? t("Abandon the run") : wording.verb;

  async function go() {
    const accepted = await run(
      strip === "checkpoint"
        ? { kind: "checkpoint", name: typed.trim() }
        : { kind: pointless ? "abandon" : strip, reason: typed.trim() },
    );
    if (accepted) onClose();
  }

  return (
    <fieldset className="wb-strip" data-testid={`${strip}-strip`} onKeyDown={onEscape(onClose)}>
      <legend className="wb-spoken">{verb}</legend>
      <span className="wb-strip-sentence">{sentence}</span>
      <input
        className="wb-input"
        aria-label={field}
        placeholder={field}
        value={typed}
        data-testid={`${strip}-text`}
        onChange={(event) => setTyped(event.target.value)}
      />
      {strip === "stop" ? (
        <label className="wb-check">
          <input
            type="checkbox"
            data-testid="stop-pointless"
            checked={pointless}
            onChange={(event) => setPointless(event.target.checked)}
          />
          {t("it is pointless: abandon it")}
        </label>
      ) : null}
      <Button testId={`${strip}-back`} look="quiet" onPress={onClose}>
        {t("Not now")}
      </Button>
      <Button
        testId={`${strip}-confirm`}
        busy={busy}
        deliberate={strip !== "checkpoint"}
        disabled={strip === "checkpoint" && typed.trim() === ""}
        onPress={go}
      >
        {verb}
      </Button>
      <Fault error={error} role="status" />
    </fieldset>
  );
}

interface Wording {
  readonly sentence: string;
  readonly field: string;
  readonly verb: string;
}

function wording(strip: Strip, steps: readonly StepRow[]): Wording {
  if (strip === "checkpoint") {
    return {
      sentence: t("A place to come back to."),
      field: t("Name of the checkpoint"),
      verb: t("Save checkpoint"),
    };
  }
  const flying = steps.filter((step) => step.state === "running");
  const harmless = flying.filter((step) => step.effect === "pure" || step.effect === "read").length;
  const effects = flying.length - harmless;
  if (strip === "abandon") {
    const what =
      effects > 0
        ? t("%1 in flight may still take effect", count(effects, "call"))
        : t("nothing is in flight");
    return {
      sentence: t("The run is given up; %1.", what),
      field: t("Reason (optional)"),
      verb: t("Abandon the run"),
    };
  }
  const left = steps.filter((step) => ["pending", "ready", "asking"].includes(step.state)).length;
  const parts = [
    ...(effects > 0 ? [t("%1 in flight may still take effect", count(effects, "call"))] : []),
    ...(harmless > 0
      ? [tn("%1 call in flight is broken off", "%1 calls in flight are broken off", harmless)]
      : []),
    t("%1 will not happen", count(left, "step")),
  ];
  return { sentence: `${parts.join(", ")}.`, field: t("Reason (optional)"), verb: t("Stop the run") };
}

function Triangle() {
  return (
    <svg className="wb-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5 3.4v9.2l7.4-4.6z" fill="currentColor" strokeLinejoin="round" />
    </svg>
  );
}
