/** Which part of a graph is in sight. */

import { CARD_WIDTH, type Layout, type Place } from "./layout.ts";

export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Below this a graph is not made smaller to show all of it; it begins where the work is instead. */
export const READABLE = 0.75;
/** From here on down a card shows its state and title only, larger. */
export const FAR = 0.5;
export const FARTHEST = 0.25;
export const NEAREST = 1.5;
const MARGIN = 18;
/** Left free below, where the buttons are. */
const FOOT = 24;
const TALLEST = 600;
const SHORTEST = 200;

/** How high the graph wants to be drawn, at this width. */
export function heightOf(layout: Layout, width: number): number {
  const zoom = readableZoom(layout, width);
  return Math.round(between(SHORTEST, layout.height * zoom + 2 * MARGIN + FOOT, TALLEST));
}

/** As large as the width has room for all layers, but never too small to read. */
function readableZoom(layout: Layout, width: number): number {
  return between(READABLE, (width - 2 * MARGIN) / Math.max(1, layout.width), 1);
}

/** The whole graph in the middle, if it can be read then; else the place where the work is. */
export function firstView(layout: Layout, size: Size, focus: Place | undefined): View {
  const whole = wholeView(layout, size, focus);
  if (whole.zoom >= READABLE || !focus) return whole;
  const zoom = readableZoom(layout, size.width);
  return {
    x: slide(size.width / 2 - (focus.x + CARD_WIDTH / 2) * zoom, layout.width * zoom, size.width),
    y: slide(size.height / 3 - focus.y * zoom, layout.height * zoom, size.height - FOOT),
    zoom,
  };
}

/** All of the graph, or as much around the place as the smallest scale has room for. */
export function wholeView(layout: Layout, size: Size, focus: Place | undefined): View {
  const fits = (room: number, length: number) => (room - 2 * MARGIN) / Math.max(1, length);
  const zoom = between(
    FARTHEST,
    Math.min(fits(size.width, layout.width), fits(size.height - FOOT, layout.height)),
    1,
  );
  return {
    x: slide(size.width / 2 - ((focus?.x ?? 0) + CARD_WIDTH / 2) * zoom, layout.width * zoom, size.width),
    y: slide(size.height / 2 - (focus?.y ?? 0) * zoom, layout.height * zoom, size.height - FOOT),
    zoom,
  };
}

/** What is narrower than the room stands in its middle; the rest leaves no room empty. */
function slide(wish: number, length: number, room: number): number {
  if (length + 2 * MARGIN <= room) return (room - length) / 2;
  return between(room - MARGIN - length, wish, MARGIN);
}

/** Moves the view as little as shows the card; null when it is in sight, for `partly` even a part of it. */
export function shownView(view: View, size: Size, place: Place, partly: boolean): View | null {
  const x = move(view.x + place.x * view.zoom, CARD_WIDTH * view.zoom, size.width, partly);
  const y = move(view.y + place.y * view.zoom, place.height * view.zoom, size.height - FOOT, partly);
  return x === 0 && y === 0 ? null : { ...view, x: view.x + x, y: view.y + y };
}

function move(start: number, length: number, room: number, partly: boolean): number {
  if (partly && start + length > MARGIN && start < room - MARGIN) return 0;
  const tooFar = start + length - (room - MARGIN);
  if (start < MARGIN || length > room - 2 * MARGIN) return MARGIN - start;
  return tooFar > 0 ? -tooFar : 0;
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
