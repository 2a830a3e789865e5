// Articles: type size, print, close, pictures in full size, copy the address. Without this script the buttons for type
// size, print and copy are hidden, and a picture opens as a page of its own.
(() => {
  const KEY = "type-size";
  const root = document.documentElement;
  const sizes = document.getElementById("type-size");
  const print = document.getElementById("print");
  const close = document.getElementById("close");

  // Disabled storage throws; the choice then holds for this page only.
  const storedSize = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const storeSize = (size) => {
    try {
      localStorage.setItem(KEY, size);
    } catch {
      // Not stored.
    }
  };

  if (sizes) {
    const buttons = [...sizes.querySelectorAll("button")];
    const choose = (size) => {
      root.dataset.size = size;
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.size === size));
    };
    const isKnownSize = (size) => buttons.some((button) => button.dataset.size === size);
    for (const button of buttons) {
      button.addEventListener("click", () => {
        choose(button.dataset.size);
        storeSize(button.dataset.size);
      });
    }
    choose(isKnownSize(storedSize()) ? storedSize() : "medium");
  }

  if (print) {
    print.querySelector("button").addEventListener("click", () => window.print());
  }

  // Tables that scroll sideways can be focused by keyboard, also after the type size changed.
  const tableObserver = new ResizeObserver((boxes) => {
    for (const { target } of boxes) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".table-scroll")) {
    tableObserver.observe(box);
    tableObserver.observe(box.firstElementChild);
  }

  // Pictures open in a dialog. A click with a modifier key follows the link.
  const viewer = document.getElementById("image-viewer");
  if (viewer && viewer.showModal) {
    const largeImage = new Image();
    const caption = viewer.querySelector("figcaption");
    caption.before(largeImage);
    for (const link of document.querySelectorAll(".article-body a.picture")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const smallImage = link.querySelector("img");
        const figure = link.closest("figure");
        const words = figure && figure.querySelector("figcaption");
        largeImage.src = link.href;
        largeImage.alt = smallImage.alt;
        caption.textContent = words ? words.textContent : smallImage.alt;
        viewer.showModal();
      });
    }
    // A click anywhere but on the caption closes it, as Escape does.
    viewer.addEventListener("click", (event) => {
      if (event.target !== caption) viewer.close();
    });
  }

  const copy = document.getElementById("share-copy");
  if (copy) {
    const address = document.getElementById("share-address");
    const announcement = document.getElementById("share-status");
    const words = copy.textContent;
    // The clipboard API needs https and may be refused; fall back to execCommand.
    const copyAddress = async () => {
      try {
        await navigator.clipboard.writeText(address.value);
        return true;
      } catch {
        address.select();
        return document.execCommand("copy");
      }
    };
    copy.addEventListener("click", async () => {
      if (!(await copyAddress())) return;
      copy.textContent = announcement.textContent = copy.dataset.done;
      setTimeout(() => {
        copy.textContent = words;
        announcement.textContent = "";
      }, 2500);
    });
    address.addEventListener("focus", () => address.select());
    copy.hidden = false;
  }

  // Close a window that a script opened, else go back to the listing the reader came from, else follow the link.
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
