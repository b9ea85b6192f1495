/** Where a graph is looked at: first where the work is, then where the person moved it to. */

import type { ReactFlowInstance } from "@xyflow/react";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Layout } from "../layout.ts";
import { FAR, firstView, heightOf, type Size, shownView, type View, wholeView } from "../viewport.ts";
import type { CardNode } from "./GraphCard.tsx";
import type { LineEdge } from "./GraphLine.tsx";

type Flow = ReactFlowInstance<CardNode, LineEdge>;

export interface GraphView {
  readonly box: RefObject<HTMLDivElement | null>;
  /** Null until it is known how much room there is. */
  readonly size: Size | null;
  readonly first: View;
  onInit(flow: Flow): void;
  /** The person is at it, when there is an event. */
  onMoveStart(event: unknown): void;
  onMove(event: unknown, view: View): void;
  zoom(by: number): void;
  showAll(): void;
  /** Brings a card into sight, all of it or at least a part. */
  show(id: string, partly?: boolean): void;
}

/** Used where nothing has a size, as in a test without a browser. */
const SOME_WIDTH = 600;

export function useGraphView(layout: Layout, focus: string | null): GraphView {
  const box = useRef<HTMLDivElement>(null);
  const flow = useRef<Flow | null>(null);
  const moved = useRef(false);
  const [width, setWidth] = useState<number | null>(null);
  const size = width === null ? null : { width, height: heightOf(layout, width) };
  const before = useRef(layout);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth || SOME_WIDTH);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const place = focus === null ? undefined : layout.places.get(focus);
  const first = size ? firstView(layout, size, place) : { x: 0, y: 0, zoom: 1 };
  const look = useRef({ size, first, focus });
  look.current = { size, first, focus };

  const setView = useCallback((view: View) => {
    if (box.current) box.current.dataset.far = String(view.zoom < FAR);
    void flow.current?.setViewport(view);
  }, []);

  // Another plan or another width: seen whole as long as nobody has moved it, else the card in hand stays where it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only these two begin it
  useEffect(() => {
    const old = before.current;
    before.current = layout;
    if (!moved.current) return setView(look.current.first);
    const anchor = look.current.focus ?? "";
    const [was, is] = [old.places.get(anchor), layout.places.get(anchor)];
    const view = flow.current?.getViewport();
    if (!view || !was || !is || (was.x === is.x && was.y === is.y)) return;
    setView({ ...view, x: view.x + (was.x - is.x) * view.zoom, y: view.y + (was.y - is.y) * view.zoom });
  }, [layout, width]);

  const show = useCallback(
    (id: string, partly = false) => {
      const { size: room } = look.current;
      const [view, target] = [flow.current?.getViewport(), layout.places.get(id)];
      const next = view && room && target ? shownView(view, room, target, partly) : null;
      if (!next) return;
      moved.current = true;
      setView(next);
    },
    [layout, setView],
  );

  return {
    box,
    size,
    first,
    onInit(instance) {
      flow.current = instance;
      setView(look.current.first);
    },
    onMoveStart(event) {
      if (event) moved.current = true;
    },
    onMove(_event, view) {
      if (box.current) box.current.dataset.far = String(view.zoom < FAR);
    },
    zoom(by) {
      moved.current = true;
      void (by > 0 ? flow.current?.zoomIn() : flow.current?.zoomOut());
    },
    showAll() {
      if (!size) return;
      const whole = wholeView(layout, size, place);
      moved.current = whole.zoom !== first.zoom;
      setView(whole);
    },
    show,
  };
}
