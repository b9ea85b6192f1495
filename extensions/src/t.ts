/** The words of the view in the reader's language: the page around gives a translation, without one they are English. */

export interface Translation {
  /** Gives a text, with `%1`, `%2` … filled in. */
  __(text: string, ...values: unknown[]): string;
  /** Gives the form for a number, which is `%1` in it. */
  _n(one: string, many: string, count: number, ...values: unknown[]): string;
}

/** Left by our JupyterLab extension, from Lab's translator; read at each word, so it may come late. */
const page = globalThis as { __workbenchWords?: Translation; __workbenchLocale?: string };

export function t(text: string, ...values: unknown[]): string {
  return page.__workbenchWords?.__(text, ...values) ?? filled(text, values);
}

export function tn(one: string, many: string, count: number, ...values: unknown[]): string {
  const given = page.__workbenchWords?._n(one, many, count, ...values);
  return given ?? filled(count === 1 ? one : many, [count, ...values]);
}

/** In which language dates are written. Numbers are as the kernel writes them, for they are typed back to it. */
export function locale(): string {
  const given = (page.__workbenchLocale ?? "en").replaceAll("_", "-");
  try {
    return given === "en" ? "en-GB" : (Intl.getCanonicalLocales(given)[0] ?? "en-GB");
  } catch {
    return "en-GB";
  }
}

/** Names a text that is said later, by `t`; so that it is found when the words are collected. */
export function mark<const T extends string>(text: T): T {
  return text;
}

function filled(text: string, values: readonly unknown[]): string {
  return text.replace(/%(\d+)/g, (all, number) => {
    const value = values[Number(number) - 1];
    return value === undefined ? all : String(value);
  });
}
