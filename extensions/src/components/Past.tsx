import { useState } from "react";
import { clock } from "../measure.ts";
import { type Kin, type PlaceItem, readPlace, readPlaces } from "../past.ts";
import { mark, t } from "../t.ts";
import type { Header, StepRow, ToolRow } from "../wire.ts";
import { count, isOver, signFor } from "../words.ts";
import { AmendForm } from "./AmendForm.tsx";
import { useAsked } from "./asking.ts";
import { Button } from "./Button.tsx";
import { CompareView } from "./CompareView.tsx";
import { holdToEdit, useCommand } from "./commanding.ts";
import { Fault } from "./Fault.tsx";
import { Icon, StateMark } from "./Icon.tsx";
import { BranchForm, CorrectForm, RestoreForm, UndoForm } from "./PastForms.tsx";
import { PlaceHolds } from "./PlaceHolds.tsx";
import { RestoredReport } from "./Restored.tsx";
import { UndoTable } from "./UndoTable.tsx";
import { Windowed } from "./Windowed.tsx";

export interface PastProps {
  readonly header: Header;
  readonly steps: readonly StepRow[];
  readonly tools: readonly ToolRow[];
  readonly openRun: ((run: string) => void) | undefined;
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

/** Going back: the places on a line, what one holds, and what can be made of it. */
export function Past({ header, steps, tools, openRun, onEdit, onClose }: PastProps) {
  const { answer, fault, again } = useAsked({ about: "places" }, readPlaces, header.seq);
  const [chosen, setChosen] = useState<number | null>(null);
  const [other, setOther] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  if (!answer) {
    return (
      <section className="wb-past" aria-label={t("Go back")} data-testid="past">
        <Title onClose={onClose} />
        <p className="wb-empty">{fault ?? t("Looking back…")}</p>
      </section>
    );
  }
  const seq = chosen ?? answer.seq;
  const names = new Map(steps.map((step) => [step.id, step.title || step.id]));
  const known = answer.places.find((one) => one.seq === seq);
  const name = known ? nameOf(known, names) : t("now");
  const report = answer.undone.at(-1);
  const restored = answer.restored;

  function done(sentence: string) {
    setSaid(sentence);
    again();
  }

  return (
    <section className="wb-past" aria-label={t("Go back")} data-testid="past">
      <Title onClose={onClose} />
      <div className="wb-past-body">
        <Timeline
          places={answer.places}
          names={names}
          chosen={chosen}
          onChoose={(next) => {
            setChosen(next);
            setSaid("");
          }}
        />
        <div className="wb-past-place">
          <PlaceView
            key={chosen ?? "now"}
            seq={seq}
            name={name}
            isNow={chosen === null}
            {...{ header, steps, tools, onEdit }}
            onBegin={() => setSaid("")}
            onDone={done}
          />
          <p className="wb-past-said" role="status" data-testid="past-said">
            {said}
          </p>
          {report && other === null ? (
            <section className="wb-past-report" aria-label={t("Report of the last undo")}>
              <h5 className="wb-past-heading">{t("The last undo")}</h5>
              <UndoTable undo={report} />
            </section>
          ) : null}
          {restored && other === null ? <RestoredReport restored={restored} /> : null}
          <Family family={answer.family} openRun={openRun} onCompare={setOther} />
          {other ? <CompareView other={other} mark={header.seq} onClose={() => setOther(null)} /> : null}
        </div>
      </div>
    </section>
  );
}

function Title({ onClose }: { onClose: () => void }) {
  return (
    <h4 className="wb-title">
      <span className="wb-title-text">{t("Go back")}</span>
      <Button testId="past-close" look="quiet" label={t("Close")} onPress={onClose}>
        ✕
      </Button>
    </h4>
  );
}

function nameOf(place: PlaceItem, names: ReadonlyMap<string, string>): string {
  if (place.kind === "step" && place.step !== null) return t("after %1", names.get(place.step) ?? place.step);
  return place.kind === "start" ? t("the start") : place.name;
}

interface TimelineProps {
  readonly places: readonly PlaceItem[];
  readonly names: ReadonlyMap<string, string>;
  readonly chosen: number | null;
  readonly onChoose: (seq: number | null) => void;
}

/** The places in the order of the journal, the last one is now. */
function Timeline({ places, names, chosen, onChoose }: TimelineProps) {
  const rows: readonly (PlaceItem | null)[] = [...places, null];
  const at = rows.findIndex((row) => (row?.seq ?? null) === chosen);
  return (
    <Windowed
      className="wb-scroll wb-timeline"
      label={t("Checkpoints")}
      rows={rows}
      keyOf={(row) => (row ? `${row.seq} ${row.name}` : "now")}
      inSight={at}
      render={(row) => (
        <button
          type="button"
          className="wb-step wb-place"
          data-testid={row ? `place-${row.seq}` : "place-now"}
          data-kind={row?.kind ?? "now"}
          data-undone={row?.undone ?? false}
          aria-pressed={(row?.seq ?? null) === chosen}
          onClick={() => onChoose(row?.seq ?? null)}
        >
          <Icon name={row === null ? "dot" : row.kind === "named" ? "square" : "ring"} />
          <span className="wb-step-title">{row ? nameOf(row, names) : t("now")}</span>
          <span className="wb-step-time wb-number">
            {row?.undone ? t("taken back") : row ? clock(row.at) : ""}
          </span>
        </button>
      )}
    />
  );
}

type Form = "undo" | "restore" | "correct" | "branch" | "amend";
const SAID: Readonly<Record<Form, string>> = {
  undo: mark("Ordered; what becomes of each effect stands below."),
  restore: mark("The variables have the values of here; what was left alone stands below."),
  correct: mark("The corrected run has begun; it stands below."),
  branch: mark("The second run waits, paused, to be edited; it stands below."),
  amend: mark("Amended: it is a checkpoint of its own."),
};

interface PlaceViewProps {
  readonly seq: number;
  readonly name: string;
  readonly isNow: boolean;
  readonly header: Header;
  readonly steps: readonly StepRow[];
  readonly tools: readonly ToolRow[];
  readonly onEdit: () => void;
  /** A form is opened: what was said of the last one is over. */
  readonly onBegin: () => void;
  readonly onDone: (said: string) => void;
}

/** One place: what it holds, and the few things that can be made of it. */
function PlaceView({ seq, name, isNow, header, steps, tools, onEdit, onBegin, onDone }: PlaceViewProps) {
  const { answer, fault } = useAsked({ about: "place", seq }, readPlace, isNow ? 0 : header.seq);
  const [form, setForm] = useState<Form | null>(null);
  const { error, run } = useCommand();
  if (!answer) return <p className="wb-empty">{fault ?? t("Reading this place…")}</p>;
  const over = isOver(header.state);
  const begin = (next: Form) => {
    onBegin();
    setForm(next);
  };

  /** Editing pauses first, as its own button does. */
  async function edit() {
    if (await holdToEdit(header, run)) onEdit();
  }

  const shared = {
    place: answer,
    name,
    onBack: () => setForm(null),
    onDone: () => {
      if (form) onDone(t(SAID[form]));
      setForm(null);
    },
  };
  return (
    <>
      <h5 className="wb-past-heading">{isNow ? t("Now") : name}</h5>
      <PlaceHolds place={answer} />
      {form === null ? (
        <div className="wb-buttons wb-past-buttons" role="toolbar" aria-label={t("What to do at %1", name)}>
          {isNow ? (
            over ? null : (
              <>
                <Choice id="past-edit" say={t("Change the next step")} onPress={edit} />
                <Choice
                  id="past-amend"
                  say={t("Amend")}
                  off={header.state !== "paused"}
                  why={t("Pause the run first.")}
                  onPress={() => begin("amend")}
                />
              </>
            )
          ) : (
            <>
              <Choice id="past-undo" say={t("Undo since here")} onPress={() => begin("undo")} />
              <Choice id="past-restore" say={t("Restore variables")} onPress={() => begin("restore")} />
              <Choice id="past-correct" say={t("Correct the past")} onPress={() => begin("correct")} />
            </>
          )}
          <Choice id="past-branch" say={t("Try an alternative")} onPress={() => begin("branch")} />
        </div>
      ) : null}
      <Fault error={error} />
      {form === "undo" ? <UndoForm {...shared} /> : null}
      {form === "restore" ? <RestoreForm {...shared} /> : null}
      {form === "correct" ? <CorrectForm {...shared} /> : null}
      {form === "branch" ? <BranchForm {...shared} /> : null}
      {form === "amend" ? <AmendForm {...shared} {...{ header, steps, tools }} /> : null}
    </>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly say: string;
  readonly off?: boolean;
  readonly why?: string;
  readonly onPress: () => void;
}

function Choice({ id, say, off, why, onPress }: ChoiceProps) {
  return (
    <Button testId={id} label={say} disabled={off} title={off ? why : undefined} onPress={onPress}>
      {say}…
    </Button>
  );
}

interface FamilyProps {
  readonly family: readonly Kin[];
  readonly openRun: ((run: string) => void) | undefined;
  readonly onCompare: (run: string) => void;
}

/** The runs beside this one: what it was made of, and what was made of it. */
function Family({ family, openRun, onCompare }: FamilyProps) {
  if (family.length === 0) return null;
  return (
    <section className="wb-family" aria-label={t("Runs beside this one")}>
      <h5 className="wb-past-heading">{t("%1 beside this one", count(family.length, "run"))}</h5>
      <ul className="wb-family-rows">
        {family.map((one) => (
          <li key={one.run} className="wb-family-row" data-testid="kin" data-run={one.run}>
            <StateMark sign={signFor(one.state)} />
            <span className="wb-family-name">
              {one.run}{" "}
              <span className="wb-aside">
                {one.kin === "origin" ? t("this is a fork of it") : t("a fork")}
              </span>
            </span>
            <Button
              testId="compare"
              look="quiet"
              label={t("Compare with %1", one.run)}
              onPress={() => onCompare(one.run)}
            >
              {t("Compare")}
            </Button>
            {openRun ? (
              <Button
                testId="open-run"
                look="quiet"
                label={t("Open %1", one.run)}
                onPress={() => openRun(one.run)}
              >
                {t("Open")}
              </Button>
            ) : (
              <code>bench.open("{one.run}")</code>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
