/** How a component asks about the run's past, and shows that it is under way or why there is no answer. */

import { createContext, useContext, useEffect, useRef, useState } from "react";
import type { Question } from "../past.ts";
import { t } from "../t.ts";

export const AskContext = createContext<(question: Question) => Promise<unknown>>(() =>
  Promise.reject(new Error(t("No run is connected to this view."))),
);

export interface Asked<T> {
  /** Null until the answer came; the last one stays while a new one is fetched. */
  readonly answer: T | null;
  readonly fault: string | null;
  again(): void;
}

/** Asks when it is shown, when the question changes, when `mark` does, and when told to. */
export function useAsked<T>(question: Question, read: (value: unknown) => T, mark: unknown = null): Asked<T> {
  const ask = useContext(AskContext);
  const [turn, setTurn] = useState(0);
  const [found, setFound] = useState<{ of: string; answer: T } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const of = JSON.stringify(question);
  const reader = useRef(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: mark and turn only say when to ask again
  useEffect(() => {
    let over = false;
    ask(JSON.parse(of) as Question).then(
      (value) => {
        if (over) return;
        try {
          setFound({ of, answer: reader.current(value) });
          setFault(null);
        } catch (error) {
          setFault(error instanceof Error ? error.message : String(error));
        }
      },
      (error: unknown) => {
        if (!over) setFault(error instanceof Error ? error.message : String(error));
      },
    );
    return () => {
      over = true;
    };
  }, [ask, of, mark, turn]);
  const answer = found?.of === of ? found.answer : null;
  return { answer, fault, again: () => setTurn((old) => old + 1) };
}
