import { usage } from "../measure.ts";
import type { Place } from "../past.ts";
import { t } from "../t.ts";
import { count } from "../words.ts";
import { Fact } from "./StepDetail.tsx";

const SHOWN = 6;

/** What a place holds, and what it does not hold. */
export function PlaceHolds({ place }: { place: Place }) {
  const missing = place.not_captured;
  return (
    <dl className="wb-facts-list wb-holds" data-testid="place-holds">
      <Fact name={t("variables")}>
        {place.captured_at === 0 ? (
          t("none were captured here")
        ) : (
          <Many
            said={count(place.variables.length, "variable")}
            rows={place.variables.map((one) => [one.name, one.summary])}
          />
        )}
        {place.passed_over
          ? t(" (as they were at event %1: steps were faster than captures)", place.captured_at)
          : ""}
      </Fact>
      <Fact name={t("outputs")}>
        <Many
          said={count(place.outputs.length, "output")}
          rows={place.outputs.map((one) => [one.step, one.text])}
        />
      </Fact>
      <Fact name={t("budget")}>{usage(place.usage, place.limits).join(", ") || t("nothing used yet")}</Fact>
      {place.requests.length > 0 ? <Fact name={t("open")}>{place.requests.join(", ")}</Fact> : null}
      <Fact name={t("does not hold")}>
        <span className="wb-block">
          {place.effects_since > 0
            ? t("what was done in the world since: %1", count(place.effects_since, "effect"))
            : t("the world outside; nothing was done there since")}
        </span>
        {missing.length > 0 ? (
          <span className="wb-block">
            <Many
              said={t("%1 that could not be captured", count(missing.length, "variable"))}
              rows={missing}
            />
          </span>
        ) : null}
        {place.never ? (
          <details className="wb-many">
            <summary className="wb-aside">{t("what is never captured")}</summary>
            <span className="wb-hint">{place.never}</span>
          </details>
        ) : null}
      </Fact>
    </dl>
  );
}

/** A number, and behind it all of them. */
function Many({ said, rows }: { said: string; rows: readonly (readonly [string, string])[] }) {
  if (rows.length === 0) return <>{said}</>;
  const names = rows.slice(0, SHOWN).map(([name]) => name);
  return (
    <details className="wb-many">
      <summary>
        {said}{" "}
        <span className="wb-aside">
          {names.join(", ")}
          {rows.length > SHOWN ? ", …" : ""}
        </span>
      </summary>
      <dl className="wb-arguments">
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
