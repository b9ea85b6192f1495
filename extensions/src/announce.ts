/** What is said to those who listen: once for the whole page, however many views show the run. */

/** Shared by all views of the page, whatever copy of this bundle they were drawn by. */
const page = globalThis as { __workbenchSaid?: Map<string, number> };

/** How long an announced sentence stays for a screen reader to take; later it may be untrue. */
export const SPOKEN_MS = 5_000;

/** True for the first view that asks; another one may say the same again only after `for_ms`. */
export function firstToSay(what: string, for_ms = Number.POSITIVE_INFINITY): boolean {
  page.__workbenchSaid ??= new Map();
  const said = page.__workbenchSaid.get(what);
  if (said !== undefined && Date.now() - said < for_ms) return false;
  page.__workbenchSaid.set(what, Date.now());
  return true;
}
