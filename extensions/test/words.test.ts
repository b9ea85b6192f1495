import { expect, test } from "vitest";
import { usage } from "../src/measure.ts";
import { signFor } from "../src/words.ts";

test("a turn, the end of turns and a call outside the plan each have a sign of their own", () => {
  const signs = ["turned", "exhausted", "unplanned"].map(signFor);
  expect(signs.map((sign) => sign.word)).toEqual(["one more turn", "turns used up", "outside the plan"]);
  expect(new Set(signs.map((sign) => sign.icon)).size).toBe(3);
  expect(signs.every((sign) => sign.icon !== "dot" && sign.tone !== "quiet")).toBe(true);
});

test("a word that nobody knows is shown as it is, and quietly", () => {
  expect(signFor("from a newer kernel")).toEqual({ icon: "dot", word: "from a newer kernel", tone: "quiet" });
});

test("amounts are said with their unit, money with its purpose, calls as those that are counted", () => {
  expect(usage({ orders_usd: 1240, calls: 1 }, { orders_usd: 5000, usd: 1 })).toEqual([
    "$1,240.00 of $5,000.00 (orders)",
    "1 call with effects",
    "$0.00 of $1.00",
  ]);
  expect(usage({ usd: 0.0042 }, {})).toEqual(["$0.0042"]);
  expect(usage({ tokens_in: 15_088, tokens_out: 1 }, { tokens_in: 20_000 })).toEqual([
    "15,088 of 20,000 tokens in",
    "1 token out",
  ]);
});
