// Counts a read once the article is really before somebody's eyes, and shows the new count.
(() => {
  const count = document.getElementById("reads");
  if (!count) return;

  const seen = () => {
    if (document.prerendering) {
      document.addEventListener("prerenderingchange", seen, { once: true });
    } else if (document.visibilityState === "visible") {
      report();
    } else {
      document.addEventListener("visibilitychange", seen, { once: true });
    }
  };

  const report = async () => {
    try {
      const answer = await fetch(count.dataset.address, { method: "POST", credentials: "same-origin" });
      if (answer.ok) count.textContent = (await answer.json()).reads;
    } catch {
      // The count that came with the page stays.
    }
  };

  seen();
})();
