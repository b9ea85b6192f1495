// @vitest-environment node
import { expect, test } from "vitest";
import { collected, files, outside } from "../dev/words.mjs";

test.each(files())("%s: every word that a reader sees goes through the translation", (name) => {
  expect(outside(name)).toEqual([]);
});

test("the words are collected, with their plurals", () => {
  const texts = collected();
  expect(texts.size).toBeGreaterThan(300);
  for (const wanted of ["Pause", "waits for you", "Runs", "%1 uses the output of %2."]) {
    expect([...texts.keys()]).toContain(wanted);
  }
  expect(texts.get("%1 waits for you")?.many).toBe("%1 wait for you");
});
