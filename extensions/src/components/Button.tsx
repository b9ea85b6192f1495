import type { KeyboardEvent, ReactNode } from "react";

export interface ButtonProps {
  readonly children: ReactNode;
  readonly testId: string;
  readonly onPress: () => void;
  readonly look?: "plain" | "firm" | "quiet";
  readonly disabled?: boolean | undefined;
  readonly busy?: boolean | undefined;
  readonly label?: string | undefined;
  readonly title?: string | undefined;
  readonly expanded?: boolean | undefined;
  /** Enter does nothing here; a press takes the mouse or the space bar. */
  readonly deliberate?: boolean;
}

/** A real button that keeps the focus while it cannot be pressed (so `aria-disabled`, not `disabled`). */
export function Button(props: ButtonProps) {
  const { children, testId, onPress, look = "plain", disabled, busy, deliberate } = props;
  const inert = disabled || busy;
  const onKeyDown = (event: KeyboardEvent) => {
    if (deliberate && event.key === "Enter") event.preventDefault();
  };
  return (
    <button
      type="button"
      className="wb-button"
      data-look={look}
      data-testid={testId}
      aria-disabled={inert ? true : undefined}
      aria-busy={busy ? true : undefined}
      aria-label={props.label}
      aria-expanded={props.expanded}
      title={props.title}
      onKeyDown={onKeyDown}
      onClick={() => !inert && onPress()}
    >
      {children}
    </button>
  );
}
