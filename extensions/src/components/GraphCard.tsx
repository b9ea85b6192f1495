import { Handle, type Node, type NodeProps, Position, useConnection } from "@xyflow/react";
import { createContext, useContext } from "react";
import { MARK_WORDS } from "../draft.ts";
import { type Card, riskOf } from "../face.ts";
import { t } from "../t.ts";
import { Icon, StateMark } from "./Icon.tsx";

export type CardNode = Node<{ readonly card: Card; readonly spoken: string }, "card">;

/** What changes more often than the cards. */
export interface Pointed {
  readonly domId: (id: string) => string;
  /** Where the keyboard is. */
  readonly current: string | null;
  readonly selected: string | null;
  /** Lines can be drawn. */
  readonly drawing: boolean;
}

export const PointedContext = createContext<Pointed>({
  domId: (id) => id,
  current: null,
  selected: null,
  drawing: false,
});

const TITLE_PX = 25;
const ROW_PX = 19;
const FRAME_PX = 10;

/** How high a card is drawn; the layout has to know before it is. */
export function cardHeight(card: Card): number {
  const rows = 1 + (hasMarks(card) ? 1 : 0) + (card.line ? 1 : 0);
  return FRAME_PX + TITLE_PX + rows * ROW_PX;
}

function hasMarks(card: Card): boolean {
  return riskOf(card) !== "" || card.oneWay || card.author !== "";
}

/** One step in the graph. It is pressed and walked to in the graph around, which has the focus. */
export function GraphCard({ id, data: { card, spoken } }: NodeProps<CardNode>) {
  const { domId, current, selected, drawing } = useContext(PointedContext);
  const joining = useConnection((connection) => connection.inProgress && connection.fromNode.id !== id);
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={drawing} data-joining={joining} />
      {card.line ? (
        <p className="wb-one-way" data-testid="one-way">
          <span>{card.line}</span>
        </p>
      ) : null}
      {/* biome-ignore lint/a11y/useSemanticElements: the graph has the focus and the keys, so this is no button of its own */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant */}
      <div
        id={domId(id)}
        className="wb-node"
        role="button"
        aria-pressed={id === selected}
        data-testid={`node-${id}`}
        data-state={card.state}
        data-tone={card.sign.tone}
        data-mark={card.mark ?? undefined}
        data-current={id === current}
      >
        <div className="wb-node-line">
          <StateMark sign={card.sign} word="spoken" />
          <span className="wb-step-title" title={card.title}>
            {card.title}
          </span>
          {card.mark ? <span className="wb-tag">{MARK_WORDS[card.mark]}</span> : null}
        </div>
        <div className="wb-node-line wb-node-facts">
          <code className="wb-node-tool" title={card.tool}>
            {card.tool}
          </code>
          <span className="wb-step-time wb-number" data-tone={card.sign.tone}>
            {card.time}
          </span>
        </div>
        {hasMarks(card) ? <Marks card={card} /> : null}
        <span className="wb-spoken">{spoken}</span>
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={drawing} />
    </>
  );
}

function Marks({ card }: { card: Card }) {
  const risk = riskOf(card);
  return (
    <div className="wb-node-line wb-node-facts">
      {risk ? <span className="wb-tag">{risk}</span> : null}
      {card.oneWay ? (
        <span className="wb-mark" title={t("cannot be undone")}>
          <Icon name="door" />
          {t("one way")}
        </span>
      ) : null}
      {card.author ? <span className="wb-step-author">{card.author}</span> : null}
    </div>
  );
}
