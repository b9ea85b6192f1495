import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Join } from "../face.ts";
import type { Point } from "../layout.ts";

export interface LineData extends Record<string, unknown> {
  readonly points: readonly Point[];
  readonly uses: boolean;
  readonly mark: Join["mark"];
  /** It begins or ends at the chosen step, or is chosen itself. */
  readonly near: boolean;
}

export type LineEdge = Edge<LineData, "line">;

/** One dependency, with its point downward. */
export function GraphLine({ id, data }: EdgeProps<LineEdge>) {
  if (!data) return null;
  const end = data.points.at(-1);
  return (
    <g
      className="wb-line"
      data-testid={`line-${id}`}
      data-uses={data.uses}
      data-mark={data.mark ?? undefined}
      data-near={data.near}
    >
      <BaseEdge path={pathOf(data.points)} interactionWidth={14} />
      {end ? (
        <path
          className="wb-line-end"
          d={`M${end.x - 4} ${end.y - 6}L${end.x} ${end.y - 1}L${end.x + 4} ${end.y - 6}`}
        />
      ) : null}
    </g>
  );
}

/** Leaves and arrives upright at every point, so that lines with one way lie on each other. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (!before) return `M${x} ${y}`;
      if (before.x === x) return `L${x} ${y}`;
      const half = Math.round((before.y + y) / 2);
      return `C${before.x} ${half} ${x} ${half} ${x} ${y}`;
    })
    .join("");
}
