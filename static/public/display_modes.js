// Restore the stored type size and 长者模式 (elder mode) on <html> before the first paint, so that nothing jumps. Loaded
// without `defer`. The choice stays in the browser: the server sends everybody the same page.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";

  const apply = () => {
    try {
      const size = localStorage.getItem("type-size");
      if (/^[a-z]{1,8}$/.test(size)) root.dataset.size = size;
      root.toggleAttribute("data-elder", localStorage.getItem("elder") === "on");
    } catch {
      // Storage is disabled: the default look.
    }
  };

  apply();
  // Pages restored from the back/forward cache, and pages in other tabs, follow a later choice.
  addEventListener("pageshow", (event) => event.persisted && apply());
  addEventListener("storage", apply);
})();
