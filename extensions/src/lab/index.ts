/** The JupyterLab and Notebook 7 extension: a side panel, its command, a status item. Idle until it is used. */

import { ILayoutRestorer, type JupyterFrontEnd, type Restorer } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import { type Chosen, ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator, type Translator, type Words } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { AskedItem } from "../remote/lists.ts";
import type { Ask } from "../remote/sse.ts";
import type { News, Place } from "../remote/transport.ts";
import type { Translation } from "../t.ts";
import { savedRuns } from "./saved.ts";
import { loadView, NAME } from "./view.ts";
import { createWatch, type Watch } from "./watch.ts";

const PLUGIN = `${NAME}:plugin`;
const OPEN = `${NAME}:open`;
const DOMAIN = "jupyter_agent_workbench";
const PANEL_RANK = 900;

/** Holds the panel; the view is fetched when it is seen for the first time. */
class RunsPanel extends Widget {
  private shown: AbortController | null = null;

  constructor(
    private readonly ask: Ask,
    private readonly watch: Watch,
    private readonly words: Words,
  ) {
    super();
    this.id = `${NAME}-panel`;
    this.title.label = words.__("Runs");
    this.title.caption = words.__("Runs of the Workbench, and what waits for you");
    this.node.style.overflow = "auto";
  }

  showRun(place: Place | null): void {
    this.shown?.abort();
    const closing = new AbortController();
    this.shown = closing;
    this.watch.begin();
    loadView().then(
      (view) => {
        if (!closing.signal.aborted) view.showPanel(this.node, this.ask, this.watch, place, closing.signal);
      },
      (error: unknown) => {
        const why = this.words.__("The view could not be loaded: %1. Reload the page.", String(error));
        this.node.textContent = why;
        this.shown = null;
      },
    );
  }

  protected override onAfterShow(message: unknown): void {
    super.onAfterShow(message);
    if (!this.shown) this.showRun(null);
  }

  protected override onBeforeDetach(message: unknown): void {
    this.shown?.abort();
    this.shown = null;
    super.onBeforeDetach(message);
  }
}

function activate(
  app: JupyterFrontEnd,
  palette: { addItem(item: { command: string; category: string }): void } | null,
  restorer: Restorer | null,
  settings: { load(plugin: string): Promise<Chosen> } | null,
  status: Parameters<typeof addStatus>[0] | null,
  translator: Translator | null,
): void {
  const words = (translator ?? nullTranslator).load(DOMAIN);
  const server = app.serviceManager.serverSettings;
  const ask: Ask = (path, init) =>
    ServerConnection.makeRequest(URLExt.join(server.baseUrl, "workbench/api", path), init, server);
  // For the view in a cell, which is loaded by its own kernel and knows nothing of this page.
  const page = globalThis as {
    __workbenchAsk?: Ask;
    __workbenchOpen?: (place: Place) => void;
    __workbenchNews?: News;
    __workbenchWords?: Translation;
    __workbenchLocale?: string | undefined;
  };
  page.__workbenchLocale = translator?.languageCode;
  page.__workbenchWords = words;
  page.__workbenchAsk = ask;
  page.__workbenchOpen = ({ journal, run }) => void app.commands.execute(OPEN, { journal, run });
  const watch = createWatch(ask);
  page.__workbenchNews = (listener) => {
    const forget = watch.subscribe(() => listener());
    const back = () => document.hidden || listener();
    document.addEventListener("visibilitychange", back);
    return () => {
      forget();
      document.removeEventListener("visibilitychange", back);
    };
  };
  const panel = new RunsPanel(ask, watch, words);
  app.shell.add(panel, "right", { rank: PANEL_RANK });
  restorer?.add(panel, panel.id);

  app.commands.addCommand(OPEN, {
    label: words.__("Show Runs and Open Requests"),
    caption: words.__("Show the runs of the Workbench, and answer what waits for you"),
    execute: ({ journal, run }) => {
      app.shell.activateById(panel.id);
      if (typeof journal === "string" && typeof run === "string") panel.showRun({ journal, run });
    },
  });
  palette?.addItem({ command: OPEN, category: words.__("Workbench") });
  const open = (place?: AskedItem) =>
    void app.commands.execute(OPEN, place ? { journal: place.journal, run: place.run } : {});
  if (status) addStatus(status, watch, words, () => open());
  let notify = true;
  watch.subscribe((_all, fresh) => {
    if (notify && document.hidden) for (const one of fresh) announce(one, words, () => open(one));
  });
  settings?.load(PLUGIN).then(
    (chosen) => {
      const read = () => {
        notify = chosen.get("notify").composite !== false;
      };
      chosen.changed.connect(read);
      read();
    },
    () => undefined,
  );
}

function addStatus(
  bar: {
    registerStatusItem(id: string, item: { item: Widget; align: "left" | "right"; rank: number }): unknown;
  },
  watch: Watch,
  words: Words,
  open: () => void,
): void {
  const idle = words.__("Runs");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: idle });
  button.style.cssText = "border: 0; background: none; color: inherit; font: inherit; cursor: pointer";
  button.dataset.testid = "workbench-status";
  button.addEventListener("click", open);
  watch.subscribe((all) => {
    const open = words._n("Runs: %1 open", "Runs: %1 open", all.length, all.length);
    button.textContent = all.length === 0 ? idle : open;
    button.title = all.map((one) => `${one.title} — ${one.goal}`).join("\n");
  });
  bar.registerStatusItem(PLUGIN, { item: new Widget({ node: button }), align: "right", rank: PANEL_RANK });
}

/** In the page, and by the browser where the person has allowed that. */
function announce(one: AskedItem, words: Words, open: () => void): void {
  Notification.info(`${one.goal}: ${one.title}`, {
    autoClose: false,
    actions: [{ label: words.__("Open"), callback: open }],
  });
  const system = globalThis.Notification;
  if (system?.permission === "granted") {
    new system(words.__("A run waits for you"), { body: one.title, tag: one.id });
  }
}

const runsPanel = {
  id: PLUGIN,
  autoStart: true,
  // What a page does not have (Notebook 7 has no status bar everywhere) is simply not given.
  optional: [ICommandPalette, ILayoutRestorer, ISettingRegistry, IStatusBar, ITranslator],
  activate,
};

export default [runsPanel, savedRuns];
