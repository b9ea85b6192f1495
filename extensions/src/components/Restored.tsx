import type { Restored } from "../past.ts";
import { Fact } from "./StepDetail.tsx";
import { Ago } from "./When.tsx";

/** What the last restoration of variables did, and what it left alone. */
export function RestoredReport({ restored }: { restored: Restored }) {
  const { by_hand, left, removed, to, at } = restored;
  const nothing = restored.restored.length + removed.length === 0;
  return (
    <section className="wb-past-report" aria-label="Report of the last restoration" data-testid="restored">
      <h5 className="wb-past-heading">
        The last restoration{" "}
        <span className="wb-aside">
          to event {to}, <Ago at={at} />
        </span>
      </h5>
      <dl className="wb-facts-list wb-holds">
        {nothing ? <Fact name="restored">nothing; all is as it was there</Fact> : null}
        {restored.restored.length > 0 ? <Fact name="restored">{restored.restored.join(", ")}</Fact> : null}
        {removed.length > 0 ? (
          <Fact name="removed">{removed.join(", ")}: not there at that place</Fact>
        ) : null}
        {by_hand.length > 0 ? (
          <Fact name="left alone">
            <span data-testid="by-hand">{by_hand.join(", ")}</span>: changed by hand
          </Fact>
        ) : null}
        {left.map(([name, why]) => (
          <Fact key={name} name="not restored">
            {name}: {why}
          </Fact>
        ))}
      </dl>
    </section>
  );
}
