// The switch of 长者模式 (elder mode), and Escape in the menu. Without this script the switch is hidden.
(() => {
  const root = document.documentElement;
  const announcement = document.getElementById("mode-status");
  const switches = [...document.querySelectorAll("[data-elder-switch]")];

  const toggleElderMode = () => {
    const on = root.toggleAttribute("data-elder");
    try {
      localStorage.setItem("elder", on ? "on" : "off");
    } catch {
      // Storage is disabled: the choice holds for this page.
    }
    announcement.textContent = on ? announcement.dataset.elder : announcement.dataset.plain;
    document.dispatchEvent(new Event("elder"));
    // The switch in the bar is hidden together with the bar.
    if (!on) switches[0].focus({ preventScroll: true });
  };
  for (const button of switches) button.addEventListener("click", toggleElderMode);

  // Escape closes a submenu opened by hover or focus (WCAG 1.4.13) until pointer and focus have left it.
  const DISMISSED = "is-dismissed";
  const topEntries = [...document.querySelectorAll("#menu > ul > li")].filter((entry) => entry.querySelector("ul"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const entry of topEntries.filter((top) => top.matches(":hover, :focus-within"))) {
      if (entry.querySelector("ul").contains(document.activeElement)) entry.querySelector("a").focus();
      entry.classList.add(DISMISSED);
    }
  });
  for (const entry of topEntries) {
    entry.addEventListener("pointerleave", () => entry.classList.remove(DISMISSED));
    entry.addEventListener("focusout", (event) => {
      if (!entry.contains(event.relatedTarget)) entry.classList.remove(DISMISSED);
    });
  }
})();
