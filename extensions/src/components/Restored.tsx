import type { Restored } from "../past.ts";
import { t } from "../t.ts";
import { Fact } from "./StepDetail.tsx";
import { Ago } from "./When.tsx";

/** What the last restoration of variables did, and what it left alone. */
export function RestoredReport({ restored }: { restored: Restored }) {
  const { by_hand, left, removed, to, at } = restored;
  const nothing = restored.restored.length + removed.length === 0;
  return (
    <section
      className="wb-past-report"
      aria-label={t("Report of the last restoration")}
      data-testid="restored"
    >
      <h5 className="wb-past-heading">
        {t("The last restoration")}{" "}
        <span className="wb-aside">
          {t("to event %1,", to)} <Ago at={at} />
        </span>
      </h5>
      <dl className="wb-facts-list wb-holds">
        {nothing ? <Fact name={t("restored")}>{t("nothing; all is as it was there")}</Fact> : null}
        {restored.restored.length > 0 ? (
          <Fact name={t("restored")}>{restored.restored.join(", ")}</Fact>
        ) : null}
        {removed.length > 0 ? (
          <Fact name={t("removed")}>{t("%1: not there at that place", removed.join(", "))}</Fact>
        ) : null}
        {by_hand.length > 0 ? (
          <Fact name={t("left alone")}>
            <span data-testid="by-hand">{by_hand.join(", ")}</span>
            {t(": changed by hand")}
          </Fact>
        ) : null}
        {left.map(([name, why]) => (
          <Fact key={name} name={t("not restored")}>
            {name}: {why}
          </Fact>
        ))}
      </dl>
    </section>
  );
}
