/** Answers to a request: the smallest honest one, and what differs from it. */

import type { Answer, RequestRow, Then } from "./wire.ts";

export type AnswerPart = Partial<
  Pick<Answer, "verdict" | "args" | "scope" | "confirm" | "reason" | "choice" | "review">
> & {
  /** What the run does after a refusal. */
  readonly next?: Then;
};

/** Whether what was typed is the value: to the letter, or the same amount (12.5, 12.50); the kernel looks in this way, too. */
export function isSame(typed: string, value: string): boolean {
  const amount = /^\d*\.?\d*$/;
  const both = /\d/.test(typed) && amount.test(typed) && amount.test(value);
  return typed === value || (both && Number(typed) === Number(value));
}

/** An answer to this request, once and unchanged unless the part says otherwise. */
export function answerTo(request: RequestRow, { next = "continue", ...part }: AnswerPart): Answer {
  return {
    kind: "answer",
    request: request.id,
    token: request.token,
    verdict: "approve",
    args: null,
    scope: "once",
    confirm: "",
    reason: "",
    // biome-ignore lint/suspicious/noThenProperty: the wire names it so; an answer is never awaited
    then: next,
    review: false,
    choice: null,
    ...part,
  };
}
