/** What is used of JupyterLab and Lumino, and nothing more; the page gives the modules, so none is installed. */

declare module "@lumino/coreutils" {
  export class Token<T> {
    constructor(name: string);
    readonly name: string;
    readonly type: T;
  }
}

declare module "@lumino/widgets" {
  export class Widget {
    constructor(options?: { node?: HTMLElement });
    readonly node: HTMLElement;
    readonly isVisible: boolean;
    id: string;
    title: { label: string; caption: string; iconClass: string };
    addClass(name: string): void;
    dispose(): void;
    readonly isDisposed: boolean;
    hide(): void;
    show(): void;
    protected onAfterShow(message: unknown): void;
    protected onBeforeDetach(message: unknown): void;
  }
  export class Panel extends Widget {
    addWidget(widget: Widget): void;
  }
}

declare module "@jupyterlab/application" {
  import type { Token } from "@lumino/coreutils";
  import type { Widget } from "@lumino/widgets";
  export interface JupyterFrontEnd {
    readonly commands: {
      addCommand(
        id: string,
        options: { label: string; caption?: string; execute: (args: Record<string, unknown>) => unknown },
      ): void;
      execute(id: string, args?: Record<string, string>): Promise<unknown>;
    };
    readonly shell: {
      add(widget: Widget, area: string, options: { rank: number }): void;
      activateById(id: string): void;
    };
    readonly serviceManager: { readonly serverSettings: import("@jupyterlab/services").Settings };
  }
  export interface Restorer {
    add(widget: Widget, name: string): void;
  }
  export const ILayoutRestorer: Token<Restorer>;
}

declare module "@jupyterlab/apputils" {
  import type { Token } from "@lumino/coreutils";
  export const ICommandPalette: Token<{ addItem(item: { command: string; category: string }): void }>;
  export const Notification: {
    info(
      message: string,
      options: { autoClose: number | false; actions: { label: string; callback: () => void }[] },
    ): string;
  };
}

declare module "@jupyterlab/coreutils" {
  export const PageConfig: { getOption(name: string): string };
  export const URLExt: { join(...parts: string[]): string };
}

declare module "@jupyterlab/notebook" {
  import type { Token } from "@lumino/coreutils";
  import type { Widget } from "@lumino/widgets";
  export interface OutputModel {
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly trusted: boolean;
  }
  export interface Renderer extends Widget {
    renderModel(model: OutputModel): Promise<void>;
  }
  export interface Rendermime {
    readonly mimeTypes: readonly string[];
    createRenderer(mimeType: string): Renderer;
    addFactory(
      factory: { safe: boolean; mimeTypes: readonly string[]; createRenderer: () => Renderer },
      rank: number,
    ): void;
  }
  export interface NotebookPanel extends Widget {
    readonly content: {
      readonly rendermime: Rendermime;
      readonly widgets: readonly Widget[];
      readonly model: {
        readonly sharedModel: {
          insertCell(index: number, cell: { cell_type: "code"; source: string }): unknown;
        };
      } | null;
      activeCellIndex: number;
    };
    readonly sessionContext: {
      readonly ready: Promise<void>;
      readonly session: { readonly kernel: unknown } | null;
      readonly kernelChanged: { connect(slot: () => void): void; disconnect(slot: () => void): void };
    };
  }
  export interface INotebookTracker {
    /** The notebook that was used last. */
    readonly currentWidget: NotebookPanel | null;
    find(wanted: (panel: NotebookPanel) => boolean): NotebookPanel | undefined;
    forEach(act: (panel: NotebookPanel) => void): void;
    readonly widgetAdded: { connect(slot: (tracker: unknown, panel: NotebookPanel) => void): void };
  }
  export const INotebookTracker: Token<INotebookTracker>;
}

declare module "@jupyterlab/services" {
  export interface Settings {
    readonly baseUrl: string;
  }
  export const ServerConnection: {
    makeRequest(url: string, init: RequestInit, settings: Settings): Promise<Response>;
  };
}

declare module "@jupyterlab/settingregistry" {
  import type { Token } from "@lumino/coreutils";
  export interface Chosen {
    get(name: string): { composite: unknown };
    readonly changed: { connect(slot: () => void): void };
  }
  export const ISettingRegistry: Token<{ load(plugin: string): Promise<Chosen> }>;
}

declare module "@jupyterlab/translation" {
  import type { Token } from "@lumino/coreutils";
  export interface Words {
    __(text: string, ...values: unknown[]): string;
    _n(one: string, many: string, count: number, ...values: unknown[]): string;
  }
  export interface Translator {
    /** Such as `de_DE`. */
    readonly languageCode: string;
    load(domain: string): Words;
  }
  export const ITranslator: Token<Translator>;
  export const nullTranslator: Translator;
}

declare module "@jupyterlab/statusbar" {
  import type { Token } from "@lumino/coreutils";
  import type { Widget } from "@lumino/widgets";
  export const IStatusBar: Token<{
    registerStatusItem(id: string, item: { item: Widget; align: "left" | "right"; rank: number }): unknown;
  }>;
}
