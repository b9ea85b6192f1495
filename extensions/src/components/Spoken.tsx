import { useEffect, useState } from "react";
import { firstToSay, SPOKEN_MS } from "../announce.ts";
import type { Header, RequestRow } from "../wire.ts";

/** A sentence for a while; empty before and after. */
function useSaid(): readonly [string, (sentence: string) => void] {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => setSaid(""), SPOKEN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return [said, setSaid];
}

/** Says the whole sentence when the state changes; not with every step, which would never end. That something
 * waits is said by the request. */
export function SpokenState({ header }: { header: Header }) {
  const [said, say] = useSaid();
  const [before, setBefore] = useState(header.state);
  useEffect(() => {
    if (header.state === before) return;
    setBefore(header.state);
    if (header.state === "waiting" && header.open_requests > 0) return;
    if (firstToSay(`${header.run} ${header.state}`, SPOKEN_MS)) say(header.text);
  }, [header, before, say]);
  return (
    <p className="wb-spoken" aria-live="polite" data-testid="spoken-state">
      {said}
    </p>
  );
}

/** Says each request once, when it comes; what was there before is not said again when another one goes. */
export function SpokenRequest({ run, requests }: { run: string; requests: readonly RequestRow[] }) {
  const [said, say] = useSaid();
  useEffect(() => {
    const fresh = requests.filter((one) => firstToSay(`${run} ${one.id} ${one.token}`));
    if (fresh.length > 0) {
      say(fresh.map((one) => `${one.title}. ${one.tool}. ${one.if_refused}`).join(" "));
    }
  }, [run, requests, say]);
  return (
    <p className="wb-spoken" role="alert" data-testid="spoken-request">
      {said}
    </p>
  );
}
