import type { JSX } from "react";
import type { IconName, Sign } from "../words.ts";

/** Drawn in a 16 by 16 box, in the colour of the text around. */
const SHAPES: Readonly<Record<IconName, JSX.Element>> = {
  ring: <circle cx="8" cy="8" r="4.6" />,
  dot: (
    <>
      <circle cx="8" cy="8" r="4.6" />
      <circle cx="8" cy="8" r="1.6" fill="currentColor" stroke="none" />
    </>
  ),
  half: (
    <>
      <circle cx="8" cy="8" r="5" />
      <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" stroke="none" />
    </>
  ),
  check: <path d="M3.4 8.6l3 3 6.2-7" />,
  bang: (
    <>
      <path d="M8 3v6.2" strokeWidth="2.2" />
      <circle cx="8" cy="12.4" r="1.3" fill="currentColor" stroke="none" />
    </>
  ),
  question: (
    <>
      <path d="M5.4 5.9a2.6 2.6 0 1 1 3.9 2.2c-.9.5-1.3 1-1.3 1.9" strokeWidth="1.9" />
      <circle cx="8" cy="12.8" r="1.1" fill="currentColor" stroke="none" />
    </>
  ),
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  dash: <path d="M4 8h8" />,
  bars: <path d="M5.8 4v8M10.2 4v8" strokeWidth="2" />,
  back: <path d="M4.2 4v3.4h3.4M4.6 7.2a4.4 4.4 0 1 1 .3 3.4" />,
  door: <path d="M2 8h7.6M6.6 5l3 3-3 3M13.2 3v10" />,
  square: <rect x="4.2" y="4.2" width="7.6" height="7.6" rx="1" fill="currentColor" stroke="none" />,
};

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="wb-icon" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** An icon with its word: the word is shown, or kept for those who listen. */
export function StateMark({ sign, word = "shown" }: { sign: Sign; word?: "shown" | "spoken" }) {
  return (
    <span className="wb-mark" data-tone={sign.tone} title={word === "spoken" ? sign.word : undefined}>
      <Icon name={sign.icon} />
      <span className={word === "spoken" ? "wb-spoken" : ""}>{sign.word}</span>
    </span>
  );
}
