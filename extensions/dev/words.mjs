/**
 * The words of the view: `node dev/words.mjs > jupyter_agent_workbench.pot` collects them for translators, and the test
 * `translated.test.ts` asks for those that no translation can reach.
 */

import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseSync } from "rolldown/utils";

const SOURCE = new URL("../src/", import.meta.url).pathname;
/** Attributes that a reader sees, of elements and of our components. */
const SEEN = new Set([
  "aria-label",
  "placeholder",
  "title",
  "label",
  "hint",
  "verb",
  "say",
  "said",
  "why",
  "field",
]);
/** Properties whose words are seen, however short they are. */
const WORDY = new Set(["word", "verb", "field", "sentence", "fault"]);
/** `t` and `tn` say a text, `mark` names one that is said later, `count` has its own table of marked texts. */
const MARKS = new Set(["t", "tn", "mark", "count", "__", "_n"]);
const LETTERS = /\p{L}/u;
/** Words, a sentence, or something that goes on: no identifier looks like that. */
const PROSE =
  /\p{L}[\p{L}’',;:.]*\s+[^\s=]*\p{L}|^\p{Lu}\p{Ll}+$|…|\p{L}[.:]$|^[ ,;:]+\p{L}|\p{L}[ ,;:]+$|\p{L} %|% \(?\p{L}/u;

/** A number and its unit, which is the same in every language. */
const UNITS = /^~?% (s|min|h)$/;

/** All files in which words for readers may stand: what does not fit a shape is said to programmers. */
export function files() {
  const every = readdirSync(SOURCE, { recursive: true }).map(String);
  return every
    .filter((name) => /\.tsx?$/.test(name) && !/\.d\.ts$|^generated|^shape|^layout/.test(name))
    .sort();
}

/** Texts of a file that a reader would see and that no translation reaches, as `line: text`. */
export function outside(name) {
  const source = readFileSync(SOURCE + name, "utf8");
  const found = [];
  walk(parseSync(name, source).program, [], (node, parents) => {
    const text = textOf(node);
    if (text === null || !LETTERS.test(text) || !isSeen(node, text, parents)) return;
    found.push(`${source.slice(0, node.start).split("\n").length}: ${text}`);
  });
  return found;
}

/** Every text that is said by `t`, `tn` or `mark`, or by Lab's own translator; a pair where it has a plural. */
export function collected() {
  const texts = new Map();
  for (const name of files()) {
    walk(parseSync(name, readFileSync(SOURCE + name, "utf8")).program, [], (node) => {
      if (node.type !== "CallExpression") return;
      const called = node.callee.name ?? node.callee.property?.name;
      const [one, many] = node.arguments.map((argument) => argument.value);
      const plural = called === "tn" || called === "_n";
      if (!plural && !["t", "mark", "__"].includes(called)) return;
      if (typeof one === "string") texts.set(one, { many: plural ? many : undefined, where: name });
    });
  }
  return texts;
}

function walk(node, parents, visit) {
  visit(node, parents);
  for (const [name, value] of Object.entries(node)) {
    if (name === "type") continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one?.type === "string") walk(one, [...parents, node], visit);
    }
  }
}

function textOf(node) {
  if (node.type === "JSXText") return node.value.trim();
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : null;
  return node.type === "TemplateLiteral" ? node.quasis.map((part) => part.value.cooked).join("%") : null;
}

function isSeen(node, text, parents) {
  const parent = parents.at(-1);
  if (node.type === "JSXText") return parent.openingElement?.name.name !== "code";
  if (!parent || /^(TS|Import|Export.*From)/.test(parent.type)) return false;
  if (parents.some((one) => isSaid(one) || isPlumbing(one))) return false;
  if (parent.type === "JSXAttribute") return isSeenAttribute(parent, parents.at(-2));
  if (parent.type === "Property" && node === parent.key) return false;
  if (parent.type === "Property" && WORDY.has(parent.key.name)) return true;
  return (PROSE.test(text) && !text.startsWith("[") && !UNITS.test(text)) || isDrawn(node, parents);
}

const isSaid = (node) =>
  node.type === "CallExpression" && MARKS.has(node.callee.name ?? node.callee.property?.name);
const nameOf = (attribute) => attribute.name.namespace?.name ?? attribute.name.name;

function isSeenAttribute(attribute, element) {
  const name = nameOf(attribute);
  return SEEN.has(name) || (name === "name" && /^(?!Icon)[A-Z]/.test(element?.name?.name ?? ""));
}

/** Attributes for styles, tests and machines; comparisons; what is thrown at programmers or kept in the journal. */
function isPlumbing(node) {
  if (node.type === "JSXAttribute") {
    const name = nameOf(node);
    return !SEEN.has(name) && name !== "name" && name !== "children" && !name.startsWith("on");
  }
  if (node.type === "BinaryExpression") return ["===", "!==", "in"].includes(node.operator);
  if (node.type === "Property") return node.key.name === "reason";
  if (node.type === "AssignmentExpression") return node.left.property?.name === "cssText";
  if (node.type === "CallExpression")
    return ["startsWith", "querySelector", "matches"].includes(node.callee.property?.name);
  return node.type === "NewExpression" && /^(Shape)?Error$/.test(node.callee.name);
}

/** Whether a short word is drawn as it is: `{open ? "yes" : "no"}`. */
function isDrawn(node, parents) {
  let inner = node;
  for (const outer of parents.toReversed()) {
    if (outer.type === "JSXExpressionContainer") {
      const holder = parents[parents.indexOf(outer) - 1];
      return holder.type !== "JSXAttribute" || SEEN.has(nameOf(holder));
    }
    const chosen = outer.type === "ConditionalExpression" && outer.test !== inner;
    if (!chosen && outer.type !== "LogicalExpression") return false;
    inner = outer;
  }
  return false;
}

function pot() {
  const quoted = (text) => JSON.stringify(text);
  const entries = [...collected()].map(([text, { many, where }]) => {
    const plural = many ? `msgid_plural ${quoted(many)}\nmsgstr[0] ""\nmsgstr[1] ""` : 'msgstr ""';
    return `#: extensions/src/${where}\nmsgid ${quoted(text)}\n${plural}\n`;
  });
  const head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n';
  return [head, ...entries].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.stdout.write(pot());
