// Type size, printing, closing, pictures in full size, copying the address. Without this script an article lacks the
// buttons for type size, printing and copying; a picture opens as a page of its own, and nothing else is missing.
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

  // A table that scrolls sideways can be reached by keyboard, also once the type has grown.
  const watched = new ResizeObserver((boxes) => {
    for (const { target } of boxes) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".table-scroll")) {
    watched.observe(box);
    watched.observe(box.firstElementChild);
  }

  // Pictures open over the page. A click with a key held still opens the link as the reader asked.
  const viewer = document.getElementById("viewer");
  if (viewer && viewer.showModal) {
    const large = new Image();
    const caption = viewer.querySelector("figcaption");
    caption.before(large);
    for (const link of document.querySelectorAll(".prose a.picture")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const small = link.querySelector("img");
        const figure = link.closest("figure");
        const words = figure && figure.querySelector("figcaption");
        large.src = link.href;
        large.alt = small.alt;
        caption.textContent = words ? words.textContent : small.alt;
        viewer.showModal();
      });
    }
    // Anywhere beside the words closes it; Escape does so by itself.
    viewer.addEventListener("click", (event) => {
      if (event.target !== caption) viewer.close();
    });
  }

  const copy = document.getElementById("share-copy");
  if (copy) {
    const address = document.getElementById("share-address");
    const said = document.getElementById("share-said");
    const words = copy.textContent;
    // The clipboard is closed to pages without https, and some browsers ask; the old way works there.
    const copied = async () => {
      try {
        await navigator.clipboard.writeText(address.value);
        return true;
      } catch {
        address.select();
        return document.execCommand("copy");
      }
    };
    copy.addEventListener("click", async () => {
      if (!(await copied())) return;
      copy.textContent = said.textContent = copy.dataset.done;
      setTimeout(() => {
        copy.textContent = words;
        said.textContent = "";
      }, 2500);
    });
    address.addEventListener("focus", () => address.select());
    copy.hidden = false;
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
