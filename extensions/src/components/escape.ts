import type { KeyboardEvent } from "react";

/** Closes a form by Escape, and says that the key was used: otherwise it leads out of the view. */
export function onEscape(close: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
}
