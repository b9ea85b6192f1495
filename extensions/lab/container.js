// A module federation container, by hand: the page shares its modules, the extension asks for those it names.
(() => {
  let scope = {};
  const names = __NAMES__;
  const load = async (name) => {
    const found = Object.values(scope[name] ?? {})[0];
    return found ? (await found.get())() : {};
  };
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["jupyter-agent-workbench"] = {
    init(shared) {
      scope = shared;
    },
    async get() {
      const found = new Map(await Promise.all(names.map(async (name) => [name, await load(name)])));
      const module = { exports: {} };
      // biome-ignore lint/correctness/noUnusedFunctionParameters: the extension that is put in uses both
      ((require, module) => {
        __EXTENSION__;
      })((name) => found.get(name), module);
      return () => module.exports;
    },
  };
})();
