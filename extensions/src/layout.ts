/**
 * Layers for the graph of a plan: every line leads downward, and a layer has a bounded number of cards.
 * Our own, because dagre takes a second for a chain of 500 steps, puts 500 free steps into one row, and its recursion
 * ends at 2,000. Here a layer takes `ROOM` cards at most, and lines that share an end share their way.
 */

export interface Box {
  readonly id: string;
  /** Ids of boxes that come before it; unknown ones are left out. */
  readonly needs: readonly string[];
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Place extends Point {
  readonly layer: number;
  readonly height: number;
}

export interface Layout {
  /** The upper left corner of each box, in the order of the boxes; the picture begins at 0, 0. */
  readonly places: ReadonlyMap<string, Place>;
  /** By `lineId`: from the lower edge of the one box to the upper edge of the other. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export const CARD_WIDTH = 208;
const LANE_WIDTH = 10;
const GAP_X = 20;
const GAP_Y = 36;
/** Cards beside each other; what finds no room goes a layer further down. */
const ROOM = 4;
const SWEEPS = 4;
/** How much the wish of a line counts beside that of a card, which gives way to none. */
const LIGHT = 0.001;

/** A card, or where a line passes through a layer. */
interface Spot {
  readonly width: number;
  readonly up: Spot[];
  readonly down: Spot[];
  /** Its place in its layer, by number and by the x of its centre. */
  order: number;
  x: number;
}

interface Line {
  readonly from: string;
  readonly to: string;
  readonly through: readonly Spot[];
}

export function lineId(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

export function layOut(boxes: readonly Box[]): Layout {
  const ranks = ranksOf(boxes);
  const layers: Spot[][] = [];
  const cards = new Map<string, Spot>();
  for (const [id, rank] of ranks) cards.set(id, addSpot(layers, rank, CARD_WIDTH));
  const lines = linesOf(boxes, ranks, cards, layers);
  for (let n = 0; n < SWEEPS; n++) sweep(layers, sortLayer);
  for (const layer of layers) placeLayer(layer, () => []); // side by side, around 0
  for (let n = 0; n < SWEEPS; n++) sweep(layers, placeLayer);
  return drawn(boxes, ranks, layers, cards, lines);
}

/** The layer of each box, below all that it needs; of boxes that wait for each other, the first listed is first. */
function ranksOf(boxes: readonly Box[]): ReadonlyMap<string, number> {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const ranks = new Map<string, number>();
  const begun = new Set<string>();
  const taken: number[] = [];
  const visit = (box: Box) => {
    if (begun.has(box.id)) return;
    begun.add(box.id);
    let rank = 0;
    for (const id of box.needs) {
      const earlier = byId.get(id);
      if (!earlier) continue;
      visit(earlier);
      rank = Math.max(rank, (ranks.get(id) ?? -1) + 1);
    }
    while ((taken[rank] ?? 0) >= ROOM) rank++;
    taken[rank] = (taken[rank] ?? 0) + 1;
    ranks.set(box.id, rank);
  };
  for (const box of boxes) visit(box);
  return ranks;
}

function addSpot(layers: Spot[][], rank: number, width: number): Spot {
  while (layers.length <= rank) layers.push([]);
  const layer = layers[rank] ?? [];
  const spot: Spot = { width, up: [], down: [], order: layer.length, x: 0 };
  layer.push(spot);
  return spot;
}

/** Lines over several layers; those from one box go together, or those to one, whichever are more. */
function linesOf(
  boxes: readonly Box[],
  ranks: ReadonlyMap<string, number>,
  cards: ReadonlyMap<string, Spot>,
  layers: Spot[][],
): readonly Line[] {
  const leaving = new Map<string, number>();
  for (const box of boxes) for (const id of box.needs) leaving.set(id, (leaving.get(id) ?? 0) + 1);
  const shared = new Map<string, Spot>();
  const lines: Line[] = [];
  for (const box of boxes) {
    for (const from of new Set(box.needs)) {
      const [above, below] = [cards.get(from), cards.get(box.id)];
      if (!above || !below || from === box.id) continue;
      const fans = (leaving.get(from) ?? 0) >= box.needs.length;
      const through: Spot[] = [];
      let last = above;
      for (let rank = (ranks.get(from) ?? 0) + 1; rank < (ranks.get(box.id) ?? 0); rank++) {
        const key = fans ? `${rank} from ${from}` : `${rank} to ${box.id}`;
        const spot = shared.get(key) ?? addSpot(layers, rank, LANE_WIDTH);
        shared.set(key, spot);
        join(last, spot);
        through.push(spot);
        last = spot;
      }
      if ((ranks.get(from) ?? 0) < (ranks.get(box.id) ?? 0)) join(last, below);
      lines.push({ from, to: box.id, through });
    }
  }
  return lines;
}

function join(above: Spot, below: Spot): void {
  if (above.down.includes(below)) return;
  above.down.push(below);
  below.up.push(above);
}

type Side = (spot: Spot) => readonly Spot[];

/** Once down and once up, each layer by what it is joined to. */
function sweep(layers: readonly Spot[][], arrange: (layer: Spot[], side: Side) => void): void {
  for (const layer of layers) arrange(layer, (spot) => spot.up);
  for (const layer of layers.toReversed()) arrange(layer, (spot) => spot.down);
}

/** In the order of the middle of what they are joined to, so that few lines cross. */
function sortLayer(layer: Spot[], side: Side): void {
  const wish = new Map(layer.map((spot) => [spot, mean(side(spot), (one) => one.order) ?? spot.order]));
  layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a.order - b.order);
  layer.forEach((spot, order) => {
    spot.order = order;
  });
}

function mean(spots: readonly Spot[], of: (spot: Spot) => number): number | null {
  return spots.length === 0 ? null : spots.reduce((sum, spot) => sum + of(spot), 0) / spots.length;
}

/**
 * Each spot as near as can be to the middle of what it is joined to, in order and apart: neighbours that would
 * overlap become one group around the mean of their wishes, which is the least sum of squares.
 */
function placeLayer(layer: readonly Spot[], side: Side): void {
  const offsets: number[] = [];
  const groups: Group[] = [];
  for (const [index, spot] of layer.entries()) {
    const before = layer[index - 1];
    const offset = before ? (offsets[index - 1] ?? 0) + apart(before, spot) : 0;
    offsets.push(offset);
    const weight = isLane(spot) ? LIGHT : 1;
    let group: Group = { sum: (wishOf(spot, side) - offset) * weight, weight, first: index, count: 1 };
    for (let left = groups.at(-1); left && middle(left) > middle(group); left = groups.at(-1)) {
      groups.pop();
      group = {
        sum: left.sum + group.sum,
        weight: left.weight + group.weight,
        first: left.first,
        count: left.count + group.count,
      };
    }
    groups.push(group);
  }
  for (const group of groups) {
    for (let index = group.first; index < group.first + group.count; index++) {
      const spot = layer[index];
      if (spot) spot.x = middle(group) + (offsets[index] ?? 0);
    }
  }
}

interface Group {
  readonly sum: number;
  readonly weight: number;
  readonly first: number;
  readonly count: number;
}

function middle(group: Group): number {
  return group.sum / group.weight;
}

function apart(left: Spot, right: Spot): number {
  const gap = isLane(left) && isLane(right) ? 0 : GAP_X;
  return (left.width + right.width) / 2 + gap;
}

/** Cards follow cards and ways follow ways: a card that followed the way beside it would push it, layer by layer. */
function wishOf(spot: Spot, side: Side): number {
  const alike = side(spot).filter((one) => isLane(one) === isLane(spot));
  const followed = alike.length === 0 && isLane(spot) ? side(spot) : alike;
  return mean(followed, (one) => one.x) ?? spot.x;
}

function isLane(spot: Spot): boolean {
  return spot.width === LANE_WIDTH;
}

function drawn(
  boxes: readonly Box[],
  ranks: ReadonlyMap<string, number>,
  layers: readonly (readonly Spot[])[],
  cards: ReadonlyMap<string, Spot>,
  lines: readonly Line[],
): Layout {
  const heights = layers.map(() => 0);
  for (const { id, height } of boxes) {
    const rank = ranks.get(id) ?? 0;
    heights[rank] = Math.max(heights[rank] ?? 0, height);
  }
  const tops: number[] = [];
  for (const [rank] of layers.entries()) {
    tops.push(rank === 0 ? 0 : (tops[rank - 1] ?? 0) + (heights[rank - 1] ?? 0) + GAP_Y);
  }
  const all = layers.flat();
  const left = all.reduce((least, spot) => Math.min(least, spot.x - spot.width / 2), Infinity);
  const right = all.reduce((most, spot) => Math.max(most, spot.x + spot.width / 2), -Infinity);
  const places = new Map<string, Place>();
  for (const { id, height } of boxes) {
    const layer = ranks.get(id) ?? 0;
    const x = Math.round((cards.get(id)?.x ?? 0) - CARD_WIDTH / 2 - left);
    places.set(id, { x, y: tops[layer] ?? 0, layer, height });
  }
  const routes = new Map<string, readonly Point[]>();
  for (const { from, to, through } of lines) {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) continue;
    const points: Point[] = [{ x: a.x + CARD_WIDTH / 2, y: a.y + a.height }];
    through.forEach((spot, index) => {
      const rank = a.layer + 1 + index;
      const [x, top] = [Math.round(spot.x - left), tops[rank] ?? 0];
      points.push({ x, y: top }, { x, y: top + (heights[rank] ?? 0) });
    });
    routes.set(lineId(from, to), [...points, { x: b.x + CARD_WIDTH / 2, y: b.y }]);
  }
  const last = layers.length - 1;
  const height = last < 0 ? 0 : (tops[last] ?? 0) + (heights[last] ?? 0);
  return { places, routes, width: Math.max(0, Math.round(right - left)), height };
}
