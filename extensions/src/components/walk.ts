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
