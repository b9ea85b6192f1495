import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";

export interface WindowedProps<T> {
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly render: (row: T, index: number) => ReactNode;
  readonly label: string;
  readonly className: string;
  /** Row to keep in sight; -1 for none. */
  readonly inSight?: number;
  /** Row that is drawn in any case, because Tab leads to it. */
  readonly always?: number;
}

export const PLAIN_LIMIT = 500;
const ROW_PX = 28;

/** A list that draws only the rows in sight once there are more than a page can carry. */
export function Windowed<T>(props: WindowedProps<T>) {
  return props.rows.length > PLAIN_LIMIT ? <Virtual {...props} /> : <Plain {...props} />;
}

function Plain<T>({ rows, keyOf, render, label, className, inSight = -1 }: WindowedProps<T>) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const box = list.current?.parentElement;
    const row = list.current?.children[inSight];
    if (box && row instanceof HTMLElement) bringInto(box, row);
  }, [inSight]);
  return (
    <div className={className}>
      <ol ref={list} aria-label={label}>
        {rows.map((row, index) => (
          <li key={keyOf(row)}>{render(row, index)}</li>
        ))}
      </ol>
    </div>
  );
}

/** Scrolls the list only, never the page around it, as `scrollIntoView` would. */
function bringInto(box: HTMLElement, row: HTMLElement): void {
  const top = row.offsetTop;
  const bottom = top + row.offsetHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}

function Virtual<T>({ rows, keyOf, render, label, className, inSight = -1, always = -1 }: WindowedProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      if (always < 0 || always >= rows.length || drawn.includes(always)) return drawn;
      return [...drawn, always].sort((a, b) => a - b);
    },
    initialRect: { width: 600, height: 400 },
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : keyOf(row);
    },
  });
  useEffect(() => {
    if (inSight >= 0) virtual.scrollToIndex(inSight, { align: "auto" });
  }, [inSight, virtual]);
  return (
    <div className={className} ref={box}>
      <ol aria-label={label} style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              style={{ position: "absolute", insetInline: 0, top: item.start }}
            >
              {render(row, item.index)}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
