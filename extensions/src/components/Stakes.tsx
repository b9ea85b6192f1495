import { mark, t } from "../t.ts";
import type { CapRow, WorstRow } from "../wire.ts";
import { CLASS_NAMES, count, spoken } from "../words.ts";

const DECIDED = spoken<WorstRow["decision"]>({
  allowed: mark("allowed"),
  asked: mark("asked"),
  refused: mark("refused"),
});
const ZONES = spoken<WorstRow["zone"]>({ red: mark("red"), amber: mark("amber"), green: mark("green") });

export interface StakesProps {
  readonly worst: readonly WorstRow[];
  readonly caps: readonly CapRow[];
}

/** Before the first step: what the tools that the run holds could do at worst, and what the caps leave. */
export function Stakes({ worst, caps }: StakesProps) {
  if (worst.length === 0 && caps.length === 0) return null;
  const grave = worst[0];
  const said =
    grave && grave.score > 0
      ? `${grave.tool}: ${CLASS_NAMES[grave.risk]}, ${DECIDED[grave.decision]}`
      : t("nothing is at stake");
  return (
    <details className="wb-stakes" data-testid="stakes" open={grave?.zone === "red"}>
      <summary>{t("At worst: %1 (%2 held)", said, count(worst.length, "tool"))}</summary>
      {worst.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("Tool")}</th>
              <th scope="col">{t("Worst")}</th>
              <th scope="col">{t("Decision")}</th>
              <th scope="col">{t("Score")}</th>
            </tr>
          </thead>
          <tbody>
            {worst.map((row) => (
              <tr key={row.tool} data-zone={row.zone} title={row.why}>
                <td>{row.tool}</td>
                <td>{CLASS_NAMES[row.risk]}</td>
                <td>{DECIDED[row.decision]}</td>
                <td className="wb-number">
                  {row.score} {ZONES[row.zone]}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {caps.length === 0 ? null : (
        <ul>
          {caps.map((cap) => (
            <li key={cap.name}>{t("%1: %2 of %3 left", cap.name, cap.left, cap.limit)}</li>
          ))}
        </ul>
      )}
    </details>
  );
}
