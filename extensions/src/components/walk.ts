import type { Box, Layout } from "../layout.ts";

/** Where an arrow key leads in a list of which only one row is in the tab order; null for every other key. */
export function walk(key: string, at: number, count: number): number | null {
  const places: Readonly<Record<string, number>> = {
    ArrowUp: at - 1,
    ArrowDown: at + 1,
    PageUp: at - 10,
    PageDown: at + 10,
    Home: 0,
    End: count - 1,
  };
  const place = places[key];
  return place === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, place));
}

/**
 * Where a key leads in a graph: up and down along the lines, left and right within a layer, and by Page Up, Page Down,
 * Home and End in the order of the list, so that every step is reached. Null: nowhere, or for every other key.
 */
export function walkLines(key: string, at: string, boxes: readonly Box[], { places }: Layout): string | null {
  const here = places.get(at);
  if (!here) return null;
  const far = (id: string) => {
    const there = places.get(id);
    return there ? Math.abs(there.layer - here.layer) * 10_000 + Math.abs(there.x - here.x) : Infinity;
  };
  const nearest = (ids: readonly string[]) => ids.toSorted((a, b) => far(a) - far(b))[0] ?? null;
  if (key === "ArrowUp") return nearest(boxes.find((box) => box.id === at)?.needs.filter(placed) ?? []);
  if (key === "ArrowDown") {
    return nearest(boxes.filter((box) => box.needs.includes(at)).map((box) => box.id));
  }
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const side = key === "ArrowLeft" ? -1 : 1;
    const beside = [...places].filter(([, one]) => one.layer === here.layer && (one.x - here.x) * side > 0);
    return nearest(beside.map(([id]) => id));
  }
  const index = boxes.findIndex((box) => box.id === at);
  const steps: Readonly<Record<string, number>> = { PageUp: -1, PageDown: 1 };
  const place = key in steps ? index + (steps[key] ?? 0) : walk(key, index, boxes.length);
  return boxes[place ?? -1]?.id ?? null;

  function placed(id: string): boolean {
    return places.has(id);
  }
}
