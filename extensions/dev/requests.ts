/** One open request of each kind, as the kernel would tell it. */

import type { RequestRow } from "../src/wire.ts";
import { ago } from "./rows.ts";

export const mailRequest: RequestRow = {
  id: "q1",
  token: "t-1",
  step: "mail",
  kind: "permission",
  title: "Send a mail to boss@example.org",
  tool: "mail.send",
  effect: "irreversible",
  risk: "public",
  reversibility: "cannot be undone",
  arguments: [
    ["to", "boss@example.org"],
    ["subject", "Weekly sales"],
  ],
  args: {
    to: "boss@example.org",
    subject: "Weekly sales",
    body: "Dear Ms Okafor,\nthe report of the week is below.",
  },
  schema: null,
  cost: "",
  why: "Step 6 of the plan: the goal asks for the report to reach the head of sales.",
  preview:
    "To: boss@example.org\nSubject: Weekly sales\n\nDear Ms Okafor,\nthe report of the week is below.\n\nNorth  412,300\nWest   388,120\nSouth  301,044\n",
  evidence: null,
  if_refused: "The run ends with the report written; nothing is sent.",
  verb: "Send once",
  choices: [],
  opened: ago(20),
  expires: ago(-600),
  gate: { form: "diff", shown_s: 1.5, delay_s: 0, value: "yes" },
  armed: null,
  objects: [],
  count: "1 call; the tool does not list what it is done to",
};

export const diffRequest: RequestRow = {
  ...mailRequest,
  id: "q2",
  token: "t-2",
  step: "report",
  title: "Overwrite out/report.md",
  tool: "files.write",
  effect: "reversible",
  risk: "local",
  reversibility: "can be undone",
  arguments: [["path", "out/report.md"]],
  args: { path: "out/report.md", text: "# Weekly sales\n\nNorth leads.\n" },
  why: "",
  preview: "@@ -1,3 +1,3 @@\n # Weekly sales\n-West leads.\n+North leads.\n \n",
  if_refused: "The old report stays.",
  verb: "Overwrite once",
  opened: ago(10),
  expires: null,
  gate: { form: "notice", shown_s: 0, delay_s: 0, value: "" },
};

export const doubtRequest: RequestRow = {
  ...mailRequest,
  id: "q3",
  token: "t-3",
  kind: "doubt",
  title: "Was the mail to boss@example.org sent?",
  preview: null,
  evidence:
    "The kernel stopped 0.4 s after the mail was handed to the server; the server has no record to ask.",
  why: "Sending it again could deliver it twice.",
  if_refused: "",
  choices: [
    { value: "happened", label: "It was sent" },
    { value: "again", label: "Send it again" },
  ],
  expires: null,
};

export const questionRequest: RequestRow = {
  ...mailRequest,
  id: "q4",
  token: "t-4",
  step: null,
  kind: "question",
  title: "Which quarter should the report cover?",
  tool: "planner",
  effect: null,
  risk: "read",
  reversibility: "",
  arguments: [],
  args: null,
  preview: null,
  why: "The goal names none.",
  if_refused: "The current quarter is used.",
  choices: [],
  expires: null,
};

export const finalRequest: RequestRow = {
  ...mailRequest,
  id: "q6",
  token: "t-6",
  title: "Delete 3 customers",
  tool: "shop.delete",
  risk: "irreversible",
  verb: "Delete once",
  preview: null,
  gate: { form: "two_step", shown_s: 1.5, delay_s: 3, value: "" },
  objects: ["Ada", "Bob", "Eve"],
  count: "3 objects",
};

/** A server of somebody else wants to know something in the middle of its call. */
export const askedRequest: RequestRow = {
  ...questionRequest,
  id: "q9",
  token: "t-9",
  step: "report",
  kind: "elicitation",
  title: "the MCP server library asks you something during kim",
  tool: "library.reserve",
  args: { days: 3 },
  schema: {
    type: "object",
    properties: { branch: { type: "string" }, days: { type: "integer" } },
    required: ["branch"],
  },
  evidence: "asks: Where will you pick up 'Kim'?",
  verb: "Send the answer",
  gate: { form: "click", shown_s: 0, delay_s: 0, value: "" },
  choices: [],
};
