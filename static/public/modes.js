// Puts what the visitor chose before (type size, 长者模式) on <html> before the first word is drawn, so that nothing
// jumps. Run without `defer`. Kept by the browser alone: the server sends everybody the same page.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";

  const apply = () => {
    try {
      const size = localStorage.getItem("type-size");
      if (/^[a-z]{1,8}$/.test(size)) root.dataset.size = size;
      root.toggleAttribute("data-elder", localStorage.getItem("elder") === "on");
    } catch {
      // Storage is forbidden: the plain look.
    }
  };

  apply();
  // A page that comes back out of the browser's memory, and one in another tab, follow the choice that was made since.
  addEventListener("pageshow", (event) => event.persisted && apply());
  addEventListener("storage", apply);
})();
