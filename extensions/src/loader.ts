/** The `_esm` of every widget: small, because it travels with each one. Fetches the view bundle once per page. */

import type { AnyModel } from "@anywidget/types";
import { t } from "./t.ts";

interface Rendering {
  readonly model: AnyModel;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}
interface View {
  readonly default: { render(rendering: Rendering): undefined | (() => void) };
}
interface Bundle {
  readonly view: View;
  readonly css: string;
}
interface BundleMessage {
  readonly kind: "bundle";
  readonly digest: string;
  readonly text: string;
  readonly css: string;
}

const ASK_EVERY_MS = 2_000;
const GIVE_UP_MS = 30_000;

/** Shared by all widgets of the page, whatever copy of this loader they carry. */
const page = globalThis as { __workbenchBundles?: Map<string, Promise<Bundle>> };

function obtain(model: AnyModel): Promise<Bundle> {
  page.__workbenchBundles ??= new Map();
  const bundles = page.__workbenchBundles;
  const digest = String(model.get("bundle_digest"));
  let bundle = bundles.get(digest);
  if (!bundle) {
    bundle = ask(model, digest).then(load);
    bundle.catch(() => bundles.delete(digest));
    bundles.set(digest, bundle);
  }
  return bundle;
}

function ask(model: AnyModel, digest: string): Promise<BundleMessage> {
  return new Promise((resolve, reject) => {
    const send = () => {
      try {
        model.send({ kind: "bundle" });
      } catch {
        // The comm is not open yet, or no longer; the next ask or the time limit settles it.
      }
    };
    const end = () => {
      clearInterval(again);
      clearTimeout(limit);
      model.off("msg:custom", listen);
    };
    const listen = (message: unknown) => {
      if (!isBundle(message) || message.digest !== digest) return;
      end();
      resolve(message);
    };
    const again = setInterval(send, ASK_EVERY_MS);
    const limit = setTimeout(() => {
      end();
      reject(
        new Error(t("The kernel did not send the view for %1 s. It may be busy or gone.", GIVE_UP_MS / 1000)),
      );
    }, GIVE_UP_MS);
    model.on("msg:custom", listen);
    send();
  });
}

function isBundle(message: unknown): message is BundleMessage {
  const fields = message as Partial<BundleMessage> | null;
  return fields?.kind === "bundle" && typeof fields.text === "string" && typeof fields.css === "string";
}

async function load({ text, css }: BundleMessage): Promise<Bundle> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return { view: (await import(url)) as View, css };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Once per document or shadow root, since a host may put each widget in a shadow root of its own. */
function addStyle(el: HTMLElement, digest: string, css: string): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if ([...home.querySelectorAll("style")].some((style) => style.dataset.workbench === digest)) return;
  const style = document.createElement("style");
  style.dataset.workbench = digest;
  style.textContent = css;
  home.append(style);
}

async function render({ model, el, signal }: Rendering): Promise<() => void> {
  const closing = new AbortController();
  const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;

  async function show(): Promise<void> {
    say(el, t("Loading the view of this run…"));
    try {
      const { view, css } = await obtain(model);
      if (ended.aborted) return;
      el.replaceChildren();
      addStyle(el, String(model.get("bundle_digest")), css);
      view.default.render({ model, el, signal: ended });
    } catch (error) {
      if (ended.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      say(el, t("The view could not be loaded. %1", reason), show);
    }
  }

  await show();
  return () => closing.abort();
}

function say(el: HTMLElement, sentence: string, retry?: () => void): void {
  const line = document.createElement("p");
  line.style.cssText = "margin: 8px; font: 13px var(--jp-ui-font-family, system-ui, sans-serif)";
  line.setAttribute("role", "status");
  line.dataset.testid = "workbench-loader";
  line.textContent = `${sentence} `;
  if (retry) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = t("Try again");
    button.addEventListener("click", retry);
    line.append(button);
  }
  el.replaceChildren(line);
}

export default { render };
