import { useMemo, useState } from "react";
import { bridged, type Draft } from "../draft.ts";
import { draftCardsOf } from "../face.ts";
import { joinFault, joinSteps, partFault, partSteps } from "../joins.ts";
import { t } from "../t.ts";
import type { ToolRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { type Drawing, type LineEnds, PlanGraph } from "./PlanGraph.tsx";

export interface DraftGraphProps {
  /** As it is typed. */
  readonly draft: Draft;
  readonly tools: readonly ToolRow[];
  readonly opened: string | null;
  readonly onOpen: (key: string | null) => void;
  readonly onDraft: (change: (draft: Draft) => Draft) => void;
}

/** The draft as a graph, in which lines are drawn and taken away. */
export function DraftGraph({ draft, tools, opened, onOpen, onDraft }: DraftGraphProps) {
  const { steps } = bridged(draft);
  const cards = useMemo(() => draftCardsOf(bridged(draft).steps, tools), [draft, tools]);
  const [line, setLine] = useState<LineEnds | null>(null);
  const [fault, setFault] = useState("");
  const idOf = (key: string) => steps.find((step) => step.key === key)?.id ?? key;
  const kept = line ? partFault(draft, line.from, line.to) : null;

  const drawing: Drawing = {
    line,
    onLine(ends) {
      setFault("");
      setLine(ends);
    },
    faultOf: (from, to) => joinFault(draft, from, to),
    onJoin(from, to) {
      setFault("");
      setLine({ from, to });
      onDraft((old) => joinSteps(old, from, to));
    },
    onFault: setFault,
    onPart() {
      if (!line || kept !== null) return;
      onDraft((old) => partSteps(old, line.from, line.to));
      setLine(null);
    },
  };

  return (
    <>
      <PlanGraph
        cards={cards}
        selected={opened}
        label={t("Draft of the plan as a graph")}
        drawing={drawing}
        onSelect={(key) => {
          drawing.onLine(null);
          onOpen(key);
        }}
      />
      <p className="wb-hint wb-graph-said" role="status" data-testid="graph-said">
        {line && kept === null ? (
          <>
            {t("%1 waits for %2.", idOf(line.to), idOf(line.from))}{" "}
            <Button testId="part" look="quiet" onPress={drawing.onPart}>
              {t("Remove the line")}
            </Button>
          </>
        ) : (
          kept || fault || t("Draw a line from the dot below a step to the step that is to wait for it.")
        )}
      </p>
    </>
  );
}
