// Type size, printing, closing. Without this script an article lacks the buttons for the first two and nothing else.
(() => {
  const KEY = "type-size";
  const root = document.documentElement;
  const sizes = document.getElementById("type-size");
  const print = document.getElementById("print");
  const close = document.getElementById("close");

  // Storage may be forbidden, and throws then; the choice holds for this page all the same.
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const remember = (size) => {
    try {
      localStorage.setItem(KEY, size);
    } catch {
      // Not remembered.
    }
  };

  if (sizes) {
    const buttons = [...sizes.querySelectorAll("button")];
    const choose = (size) => {
      root.dataset.size = size;
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.size === size));
    };
    const known = (size) => buttons.some((button) => button.dataset.size === size);
    for (const button of buttons) {
      button.addEventListener("click", () => {
        choose(button.dataset.size);
        remember(button.dataset.size);
      });
    }
    choose(known(remembered()) ? remembered() : "medium");
    sizes.hidden = false;
  }

  if (print) {
    print.querySelector("button").addEventListener("click", () => window.print());
    print.hidden = false;
  }

  // A table that scrolls sideways can be reached by keyboard.
  for (const table of document.querySelectorAll(".prose table")) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
  }

  // Closes a window that a script opened, goes back to a listing that the reader came from, else follows the link to one.
  if (close) {
    const cameFromListing = () => {
      const from = document.referrer && new URL(document.referrer);
      return from && from.origin === location.origin && !/\/\d+\/$/.test(from.pathname) && history.length > 1;
    };
    close.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (window.opener) window.close();
      if (!window.closed && cameFromListing()) {
        event.preventDefault();
        history.back();
      }
    });
  }
})();
