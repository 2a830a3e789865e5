// Report a read once the page is visible, and show the new count.
(() => {
  const count = document.getElementById("reads");
  if (!count) return;

  const reportWhenVisible = () => {
    if (document.prerendering) {
      document.addEventListener("prerenderingchange", reportWhenVisible, { once: true });
    } else if (document.visibilityState === "visible") {
      report();
    } else {
      document.addEventListener("visibilitychange", reportWhenVisible, { once: true });
    }
  };

  const report = async () => {
    try {
      const answer = await fetch(count.dataset.address, { method: "POST", credentials: "same-origin" });
      if (answer.ok) count.textContent = (await answer.json()).reads;
    } catch {
      // Keep the count that came with the page.
    }
  };

  reportWhenVisible();
})();
