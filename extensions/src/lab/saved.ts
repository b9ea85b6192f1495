/**
 * Renders a run in the output of a cell: the widget while its model lives, else what the notebook has saved of it,
 * and the run itself over the server as soon as that can be had.
 */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { URLExt } from "@jupyterlab/coreutils";
import { INotebookTracker, type NotebookPanel, type OutputModel, type Renderer } from "@jupyterlab/notebook";
import { ServerConnection } from "@jupyterlab/services";
import { Panel, Widget } from "@lumino/widgets";
import type { CellOffer, Surroundings } from "../hosts/saved.tsx";
import type { Ask } from "../remote/sse.ts";
import { loadView, NAME } from "./view.ts";

const SAVED_RUN = "application/vnd.workbench.run+json";
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
/** Before the widget's own renderer, which is at -10: without a model that has only an error to show. */
const RANK = -20;
/** How long a kernel may take to bring the widget before the run is shown by another road: it may be busy. */
const PATIENCE_MS = 4_000;
/** What the widget's renderer writes when there is no model. */
const LOST = /Error displaying widget/;
const VIEW = "[data-testid=workbench-run]";

const page = globalThis as { __workbenchCell?: CellOffer };

class RunOutput extends Panel implements Renderer {
  private readonly closing = new AbortController();
  private picture: Widget | null = null;
  private pictured = new AbortController();

  constructor(
    private readonly panel: NotebookPanel,
    private readonly ask: Ask,
  ) {
    super();
    this.addClass("wb-output");
  }

  async renderModel(model: OutputModel): Promise<void> {
    const registry = this.panel.content.rendermime;
    const lives = WIDGET_VIEW in model.data && model.trusted && registry.mimeTypes.includes(WIDGET_VIEW);
    if (!lives) return this.showPicture(model);
    const live = registry.createRenderer(WIDGET_VIEW);
    this.addWidget(live);
    const instead = once(() => {
      live.hide();
      void this.showPicture(model);
    });
    const watch = new MutationObserver(() => {
      if (live.node.querySelector(VIEW)) {
        watch.disconnect();
        this.dropPicture();
        live.show();
      } else if (LOST.test(live.node.textContent ?? "")) instead();
    });
    watch.observe(live.node, { childList: true, characterData: true, subtree: true });
    this.closing.signal.addEventListener("abort", () => watch.disconnect());
    void this.withoutKernel().then((alone) => {
      if (alone && !live.node.querySelector(VIEW)) instead();
    });
    await live.renderModel(model);
  }

  /** True when the notebook has no kernel, or one that keeps the widget waiting. */
  private async withoutKernel(): Promise<boolean> {
    const context = this.panel.sessionContext;
    const patience = sleep(PATIENCE_MS, this.closing.signal);
    await Promise.race([context.ready, patience]);
    if (context.session?.kernel) await patience;
    return !this.closing.signal.aborted;
  }

  /** Shows what was saved; what has no picture is shown as the notebook's HTML has it. */
  private async showPicture(model: OutputModel): Promise<void> {
    const box = new Widget();
    this.picture = box;
    this.addWidget(box);
    const view = await loadView();
    if (this.pictured.signal.aborted || this.isDisposed) return;
    const shown = view.showSaved(box.node, model.metadata[SAVED_RUN], this.around(), this.pictured.signal);
    if (shown) return;
    const html = this.panel.content.rendermime.createRenderer("text/html");
    this.addWidget(html);
    await html.renderModel(model);
  }

  private dropPicture(): void {
    this.pictured.abort();
    this.picture?.dispose();
    this.picture = null;
  }

  private around(): Surroundings {
    const { sessionContext } = this.panel;
    return {
      ask: this.ask,
      hasKernel: () => Boolean(sessionContext.session?.kernel),
      onKernel: (listener, signal) => {
        sessionContext.kernelChanged.connect(listener);
        signal.addEventListener("abort", () => sessionContext.kernelChanged.disconnect(listener));
      },
      offerCell: (source) => addCell(this.panel, source, this.node),
    };
  }

  override dispose(): void {
    this.closing.abort();
    this.pictured.abort();
    super.dispose();
  }
}

/** Puts code into a new cell, for the person to run: below the one that holds `near`, else below the active one. */
function addCell({ content }: NotebookPanel, source: string, near?: Node): void {
  const holding = near ? content.widgets.findIndex((cell) => cell.node.contains(near)) : -1;
  const at = 1 + (holding < 0 ? content.activeCellIndex : holding);
  content.model?.sharedModel.insertCell(at, { cell_type: "code", source });
  content.activeCellIndex = at;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function activate(app: JupyterFrontEnd, tracker: INotebookTracker): void {
  const server = app.serviceManager.serverSettings;
  const ask: Ask = (path, init) =>
    ServerConnection.makeRequest(URLExt.join(server.baseUrl, "workbench/api", path), init, server);
  const add = (panel: NotebookPanel) => {
    const factory = { safe: true, mimeTypes: [SAVED_RUN], createRenderer: () => new RunOutput(panel, ask) };
    panel.content.rendermime.addFactory(factory, RANK);
  };
  page.__workbenchCell = (near) => {
    const around = () => (near && tracker.find((one) => one.node.contains(near))) ?? tracker.currentWidget;
    if (!near && !around()) return undefined;
    return (code) => {
      const panel = around();
      if (panel) addCell(panel, code, near);
    };
  };
  tracker.forEach(add);
  tracker.widgetAdded.connect((_tracker, panel) => add(panel));
}

export const savedRuns = {
  id: `${NAME}:saved-runs`,
  autoStart: true,
  requires: [INotebookTracker],
  activate,
};
