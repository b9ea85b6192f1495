import {
  type Connection,
  ConnectionLineType,
  type FinalConnectionState,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from "react";
import { type Card, spokenOf } from "../face.ts";
import { type Box, CARD_WIDTH, type Layout, layOut, lineId, type Point } from "../layout.ts";
import { t } from "../t.ts";
import { FARTHEST, NEAREST } from "../viewport.ts";
import { Button } from "./Button.tsx";
import { type CardNode, cardHeight, GraphCard, type Pointed, PointedContext } from "./GraphCard.tsx";
import { GraphLine, type LineEdge } from "./GraphLine.tsx";
import { type GraphView, useGraphView } from "./graphView.ts";
import { walkLines } from "./walk.ts";

export interface LineEnds {
  readonly from: string;
  readonly to: string;
}

/** What can be done to lines, in a draft. */
export interface Drawing {
  readonly line: LineEnds | null;
  onLine(line: LineEnds | null): void;
  /** Why there can be no such line; null when there can. */
  faultOf(from: string, to: string): string | null;
  onJoin(from: string, to: string): void;
  /** The line that was drawn cannot be. */
  onFault(fault: string): void;
  /** Takes the chosen line away. */
  onPart(): void;
}

export interface PlanGraphProps {
  readonly cards: readonly Card[];
  readonly selected: string | null;
  readonly label: string;
  readonly onSelect: (id: string | null) => void;
  readonly drawing?: Drawing;
}

const NODE_TYPES = { card: GraphCard };
const EDGE_TYPES = { line: GraphLine };
const FLOW_OFF = {
  nodesDraggable: false,
  nodesFocusable: false,
  edgesFocusable: false,
  elementsSelectable: false,
  disableKeyboardA11y: true,
  deleteKeyCode: null,
  selectionKeyCode: null,
  multiSelectionKeyCode: null,
  panActivationKeyCode: null,
  zoomActivationKeyCode: null,
  zoomOnScroll: false,
  zoomOnDoubleClick: false,
  // A wheel over the graph scrolls the page; with Ctrl, or two fingers, it zooms.
  preventScrolling: false,
  // Named in the documentation instead: a link in a view that shows text of strangers would be the only one.
  proOptions: { hideAttribution: true },
  // The library's own hints speak of keys that nothing listens to here; ours is `aria-describedby`.
  ariaLabelConfig: { "node.a11yDescription.default": "", "edge.a11yDescription.default": "" },
} as const;

/** The plan as a graph in layers. It is one stop for Tab: arrow keys walk along the lines, Enter chooses. */
export function PlanGraph({ cards, selected, label, onSelect, drawing }: PlanGraphProps) {
  const name = useId();
  const hint = useId();
  const layout = useLayout(cards);
  const [at, setAt] = useState<string | null>(selected);
  const current = at !== null && layout.places.has(at) ? at : startOf(cards);
  const view = useGraphView(layout, current);
  const { nodes, edges } = useDrawn(cards, layout, selected, drawing?.line ?? null);
  const [focused, setFocused] = useState(false);
  const domId = (id: string) => `${name}-${cards.findIndex((card) => card.id === id)}`;
  const pointed: Pointed = { domId, current, selected, drawing: drawing !== undefined };

  const { show } = view;
  useEffect(() => {
    if (selected === null) return;
    setAt(selected);
    show(selected, true);
  }, [selected, show]);

  function onKeyDown(event: KeyboardEvent) {
    if (current === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = walkLines(event.key, current, boxesOf(cards), layout);
    if (next !== null) {
      setAt(next);
      show(next);
    } else if (event.key === "Enter" || event.key === " ") onSelect(current === selected ? null : current);
    else if (drawing?.line && (event.key === "Delete" || event.key === "Backspace")) drawing.onPart();
    else if (!zoomed(event.key, view) && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
  }

  function onConnectEnd(_event: unknown, { fromNode, fromHandle, toNode, isValid }: FinalConnectionState) {
    if (isValid || !fromNode || !toNode || !drawing) return;
    const down = fromHandle?.type === "source";
    const fault = drawing.faultOf(down ? fromNode.id : toNode.id, down ? toNode.id : fromNode.id);
    if (fault) drawing.onFault(fault);
  }

  return (
    <div className="wb-graph" data-testid="graph" ref={view.box} style={{ blockSize: view.size?.height }}>
      {view.size ? (
        <PointedContext value={pointed}>
          <ReactFlow<CardNode, LineEdge>
            {...FLOW_OFF}
            id={name}
            nodes={nodes as CardNode[]}
            edges={edges as LineEdge[]}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            defaultViewport={view.first}
            minZoom={FARTHEST}
            maxZoom={NEAREST}
            onlyRenderVisibleElements
            nodesConnectable={drawing !== undefined}
            connectionLineType={ConnectionLineType.Bezier}
            isValidConnection={(line) => drawing?.faultOf(line.source, line.target) === null}
            onConnect={(line: Connection) => drawing?.onJoin(line.source, line.target)}
            onConnectEnd={onConnectEnd}
            onInit={view.onInit}
            onMoveStart={view.onMoveStart}
            onMove={view.onMove}
            onNodeClick={(event, node) => {
              // A dot is where a line begins or ends; pressing it chooses no step.
              if (!(event.target as Element).closest(".react-flow__handle"))
                onSelect(node.id === selected ? null : node.id);
            }}
            onEdgeClick={(_event, edge) => drawing?.onLine({ from: edge.source, to: edge.target })}
            onPaneClick={() => drawing?.onLine(null)}
            tabIndex={0}
            aria-label={label}
            aria-describedby={hint}
            aria-activedescendant={focused && current !== null ? domId(current) : undefined}
            onFocus={(event) => {
              setFocused(true);
              if (current !== null && event.target.matches(":focus-visible")) show(current);
            }}
            onBlur={() => setFocused(false)}
            onKeyDown={onKeyDown}
          />
        </PointedContext>
      ) : null}
      <span className="wb-spoken" id={hint}>
        {t("Arrow keys walk along the lines, Page Up and Page Down through the list, Enter chooses.")}
      </span>
      <ViewButtons view={view} />
    </div>
  );
}

function ViewButtons({ view }: { view: GraphView }) {
  return (
    <span className="wb-graph-buttons">
      <Button
        testId="graph-out"
        look="quiet"
        label={t("Smaller")}
        title={t("Smaller (−)")}
        onPress={() => view.zoom(-1)}
      >
        −
      </Button>
      <Button
        testId="graph-in"
        look="quiet"
        label={t("Larger")}
        title={t("Larger (+)")}
        onPress={() => view.zoom(1)}
      >
        +
      </Button>
      <Button testId="graph-fit" look="quiet" title={t("Show the whole plan (0)")} onPress={view.showAll}>
        {t("Fit")}
      </Button>
    </span>
  );
}

function zoomed(key: string, view: GraphView): boolean {
  if (key === "+" || key === "=") view.zoom(1);
  else if (key === "-") view.zoom(-1);
  else if (key === "0") view.showAll();
  else return false;
  return true;
}

/** Where the work is: what runs or asks, else what comes next, else the beginning. */
function startOf(cards: readonly Card[]): string | null {
  const busy = cards.find((card) => ["running", "asking", "in_doubt"].includes(card.state));
  const next = cards.find((card) => ["ready", "pending"].includes(card.state));
  return (busy ?? next ?? cards[0])?.id ?? null;
}

function boxesOf(cards: readonly Card[]): readonly Box[] {
  return cards.map((card) => ({
    id: card.id,
    needs: card.joins.filter((join) => join.mark !== "removed").map((join) => join.from),
    height: cardHeight(card),
  }));
}

/** Laid out again only when steps, lines or heights are others: states change many times a second. */
function useLayout(cards: readonly Card[]): Layout {
  const shape = JSON.stringify(boxesOf(cards));
  return useMemo(() => layOut(JSON.parse(shape)), [shape]);
}

interface Drawn {
  readonly nodes: readonly CardNode[];
  readonly edges: readonly LineEdge[];
}

function useDrawn(
  cards: readonly Card[],
  layout: Layout,
  selected: string | null,
  line: LineEnds | null,
): Drawn {
  const nodes = useMemo(() => {
    const titles = new Map(cards.map((card) => [card.id, card.title]));
    return cards.map((card) => nodeOf(card, layout, spokenOf(card, titles)));
  }, [cards, layout]);
  const edges = useMemo(
    () =>
      cards.flatMap((card) =>
        card.joins.flatMap((join) => {
          const { from } = join;
          const chosen = line?.from === from && line.to === card.id;
          const near = chosen || (line === null && (from === selected || card.id === selected));
          const points = layout.routes.get(lineId(from, card.id)) ?? straight(layout, from, card.id);
          return points ? [edgeOf(from, card.id, { points, uses: join.uses, mark: join.mark, near })] : [];
        }),
      ),
    [cards, layout, selected, line],
  );
  return { nodes, edges };
}

function nodeOf(card: Card, layout: Layout, spoken: string): CardNode {
  const { x, y, height } = layout.places.get(card.id) ?? { x: 0, y: 0, height: 0 };
  const size = { width: CARD_WIDTH, height };
  const handle = { x: CARD_WIDTH / 2, width: 1, height: 1 };
  return {
    id: card.id,
    type: "card",
    position: { x, y },
    ...size,
    // Said beforehand, so that cards out of sight need not be drawn to be measured.
    measured: size,
    handles: [
      { ...handle, type: "target", position: Position.Top, y: 0 },
      { ...handle, type: "source", position: Position.Bottom, y: height },
    ],
    data: { card, spoken },
    domAttributes: { "aria-roledescription": undefined },
  };
}

/** Cards say what they wait for; the types of React Flow don't know yet that null means no label. */
const UNSAID: object = {
  ariaRole: "presentation",
  ariaLabel: null,
  domAttributes: { "aria-roledescription": undefined },
};

function edgeOf(from: string, to: string, data: NonNullable<LineEdge["data"]>): LineEdge {
  return {
    id: lineId(from, to),
    source: from,
    target: to,
    type: "line",
    data,
    ...UNSAID,
    zIndex: data.near ? 1 : 0,
  };
}

/** The way of a line that the layout does not know: one that a draft took away. */
function straight({ places }: Layout, from: string, to: string): readonly Point[] | null {
  const [a, b] = [places.get(from), places.get(to)];
  if (!a || !b) return null;
  return [
    { x: a.x + CARD_WIDTH / 2, y: a.y + a.height },
    { x: b.x + CARD_WIDTH / 2, y: b.y },
  ];
}
