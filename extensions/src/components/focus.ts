import { type RefObject, useEffect } from "react";

/** A place that may hold the focus for what was in it; buttons that are merely out of the tab order are none. */
const PLACE = "[tabindex='-1']:not(button, input)";

/**
 * When what has the focus goes (a card that was answered elsewhere, a form that closed), the nearest place that is
 * left gets it: so it never falls to the top of the page, and never lands on another button.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>, key: unknown): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says that the element is another one
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    let places: Element[] = [];
    const remember = (event: FocusEvent) => {
      places = [];
      for (let at = event.target as Element | null; at && at !== element; at = at.parentElement)
        places.push(at);
    };
    const look = () => {
      const [focused] = places;
      if (!focused || focused.isConnected || document.activeElement !== document.body) return;
      const place = places.find((one) => one.isConnected && one.matches(PLACE)) ?? element;
      places = [];
      (place as HTMLElement).focus({ preventScroll: true });
    };
    const observer = new MutationObserver(look);
    observer.observe(element, { childList: true, subtree: true });
    element.addEventListener("focusin", remember);
    return () => {
      observer.disconnect();
      element.removeEventListener("focusin", remember);
    };
  }, [root, key]);
}
