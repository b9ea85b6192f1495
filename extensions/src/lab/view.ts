/** The view, fetched from the extension's own folder when it is needed for the first time. */

import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import type { Surroundings } from "../hosts/saved.tsx";
import type { Ask } from "../remote/sse.ts";
import type { Place } from "../remote/transport.ts";
import type { Watch } from "./watch.ts";

export const NAME = "jupyter-agent-workbench";
/** Of the view that was built with this extension; put in by the build. */
declare const VIEW_DIGEST: string;

export interface View {
  showPanel(el: HTMLElement, ask: Ask, watch: Watch, place: Place | null, signal: AbortSignal): void;
  showSaved(el: HTMLElement, picture: unknown, around: Surroundings, signal: AbortSignal): boolean;
}

export function loadView(): Promise<View> {
  const base = URLExt.join(PageConfig.getOption("fullLabextensionsUrl"), NAME, "static");
  if (!document.querySelector("link[data-workbench]")) {
    const style = Object.assign(document.createElement("link"), {
      rel: "stylesheet",
      href: `${base}/view.css?${VIEW_DIGEST}`,
    });
    style.dataset.workbench = "panel";
    document.head.append(style);
  }
  return import(`${base}/view.js?${VIEW_DIGEST}`) as Promise<View>;
}
