import { t } from "../t.ts";

export interface TextInputProps {
  /** What a screen reader says; also shown while it is empty, unless there is a hint. */
  readonly label: string;
  readonly hint?: string;
  readonly testId: string;
  readonly value: string;
  readonly onType: (value: string) => void;
}

/** One line of free text. */
export function TextInput({ label, hint, testId, value, onType }: TextInputProps) {
  return (
    <input
      className="wb-input"
      aria-label={label}
      placeholder={hint ?? label}
      data-testid={testId}
      value={value}
      onChange={(event) => onType(event.target.value)}
    />
  );
}

/** Why something is done, for whoever wants to say it. */
export function Reason(props: Omit<TextInputProps, "label" | "hint">) {
  return <TextInput label={t("Reason (optional)")} {...props} />;
}
