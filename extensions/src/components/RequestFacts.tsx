import { t } from "../t.ts";
import type { RequestRow } from "../wire.ts";
import { isGated } from "../words.ts";

/** What a person needs to know before answering, in the order they would ask for it. Of a call, nothing is left
 * out: what is not known is said to be not known. Its class stands in the head of the card. */
export function RequestFacts({ request }: { request: RequestRow }) {
  const gated = isGated(request);
  const asked = request.kind === "elicitation";
  const evidence = request.evidence ? (
    <Line name={t("evidence")} value={request.evidence} open={asked} />
  ) : null;
  return (
    <dl className="wb-facts-list">
      {asked // its question comes first, and what it would be answered by default stands in the form
        ? evidence
        : request.arguments.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a name that comes twice must not hide an argument
            <Line key={index} name={name} value={value} code />
          ))}
      {request.preview ? (
        <Preview text={request.preview} />
      ) : gated ? (
        <Line name={t("preview")} value={t("the tool makes none")} />
      ) : null}
      {gated ? <Objects request={request} /> : null}
      {asked ? null : evidence}
      {request.why ? <Line name={t("why")} value={request.why} /> : null}
      {request.cost || gated ? <Line name={t("cost")} value={request.cost || t("none declared")} /> : null}
      {request.if_refused && request.kind !== "doubt" ? (
        <Line name={t("if refused")} value={request.if_refused} />
      ) : null}
    </dl>
  );
}

/** How many things it is done to, and which. */
function Objects({ request }: { request: RequestRow }) {
  return (
    <div className="wb-fact" data-testid="objects">
      <dt>{t("objects")}</dt>
      <dd>
        <span className="wb-prose">{request.count}</span>
        {request.objects.length > 0 ? (
          <ul className="wb-objects">
            {request.objects.map((name, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list in which a name may come twice
              <li key={index}>{name}</li>
            ))}
          </ul>
        ) : null}
      </dd>
    </div>
  );
}

function Line({
  name,
  value,
  code = false,
  open = false,
}: {
  name: string;
  value: string;
  code?: boolean;
  open?: boolean;
}) {
  const long = value.length > 400 || value.split("\n").length > 6;
  return (
    <div className="wb-fact">
      <dt>{name}</dt>
      <dd>
        {long ? (
          <LongText text={value} open={open} />
        ) : (
          <span className={code ? "wb-value" : "wb-prose"}>{value}</span>
        )}
      </dd>
    </div>
  );
}

function LongText({ text, open }: { text: string; open: boolean }) {
  return (
    <details open={open}>
      <summary>{t("%1 lines (show)", text.split("\n").length)}</summary>
      <pre className="wb-text">{text}</pre>
    </details>
  );
}

/** The dry run's answer; lines of a unified diff are tinted. */
function Preview({ text }: { text: string }) {
  const diff = /^@@/m.test(text);
  const tint = (line: string) =>
    diff ? ({ "+": "added", "-": "removed" } as const)[line.charAt(0)] : undefined;
  return (
    <div className="wb-fact">
      <dt>{t("preview")}</dt>
      <dd>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
        <pre className="wb-text wb-preview" tabIndex={0} data-testid="preview">
          {text
            .trimEnd()
            .split("\n")
            .map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text have no other name
              <span key={index} data-line={tint(line)}>{`${line}\n`}</span>
            ))}
        </pre>
      </dd>
    </div>
  );
}
