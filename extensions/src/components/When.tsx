import { useEffect, useState } from "react";
import { clock, exact, relative } from "../measure.ts";

/** The time now, renewed every so often; stands still while `everyMs` is null. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (everyMs === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** "12 s ago", with the exact time on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow(5_000);
  return (
    <time dateTime={at} title={exact(at)}>
      {relative(at, now)}
    </time>
  );
}

/** "14:01:07", with the exact time on hover: for rows that must not change while they are read. */
export function Clock({ at }: { at: string }) {
  return (
    <time className="wb-number" dateTime={at} title={exact(at)}>
      {clock(at)}
    </time>
  );
}
