import { useMemo } from "react";
import { cardsOf } from "../face.ts";
import { t } from "../t.ts";
import type { CapRow, RemarkRow, WorstRow } from "../wire.ts";
import { who } from "../words.ts";
import { type Look, LookSwitch } from "./look.tsx";
import { PlanGraph } from "./PlanGraph.tsx";
import { PlanList, type PlanListProps } from "./PlanList.tsx";
import { Remarks } from "./Remarks.tsx";
import { Stakes } from "./Stakes.tsx";

export interface PlanProps extends PlanListProps {
  readonly remarks: readonly RemarkRow[];
  readonly failed: boolean;
  readonly worst: readonly WorstRow[];
  readonly caps: readonly CapRow[];
  readonly revision: number;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
}

/** The plan, as a list or as a graph. */
export function Plan(props: PlanProps) {
  const { steps, remarks, failed, worst, caps, revision, selected, onSelect, look, onLook } = props;
  // Named once in the title; rows and cards name only those who proposed something else.
  const author = steps[0]?.author ?? "";
  return (
    <section className="wb-panel wb-plan" data-look={look} aria-label={t("Plan")} tabIndex={-1}>
      <h4 className="wb-title">
        <span className="wb-title-text">
          {t("Plan")}{" "}
          <span className="wb-aside">
            {" "}
            {t("revision %1%2", revision, author ? t(", by %1", who(author)) : "")}
          </span>
        </span>
        <LookSwitch look={look} onLook={onLook} />
      </h4>
      {steps.some((step) => step.started !== null) ? null : <Stakes worst={worst} caps={caps} />}
      <Remarks remarks={remarks} steps={steps} failed={failed} />
      {look === "graph" ? (
        <StepGraph steps={steps} selected={selected} onSelect={onSelect} />
      ) : (
        <PlanList steps={steps} selected={selected} onSelect={onSelect} />
      )}
    </section>
  );
}

function StepGraph({ steps, selected, onSelect }: PlanListProps) {
  const cards = useMemo(() => cardsOf(steps), [steps]);
  return <PlanGraph cards={cards} selected={selected} onSelect={onSelect} label={t("Plan as a graph")} />;
}
