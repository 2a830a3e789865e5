// The switch of 长者模式, and Escape on the menu. Without this script the switch is not shown.
(() => {
  const root = document.documentElement;
  const said = document.getElementById("modes-said");
  const switches = [...document.querySelectorAll("[data-elder-switch]")];

  const turn = () => {
    const on = root.toggleAttribute("data-elder");
    try {
      localStorage.setItem("elder", on ? "on" : "off");
    } catch {
      // Storage is forbidden: it holds for this page.
    }
    said.textContent = on ? said.dataset.elder : said.dataset.plain;
    document.dispatchEvent(new Event("elder"));
    // The one in the bar has gone with the bar.
    if (!on) switches[0].focus({ preventScroll: true });
  };
  for (const button of switches) button.addEventListener("click", turn);

  // What opens by hovering or focusing closes by Escape (WCAG 1.4.13), and stays so until pointer and focus have left.
  const dismissed = "is-dismissed";
  const tops = [...document.querySelectorAll("#menu > ul > li")].filter((entry) => entry.querySelector("ul"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const entry of tops.filter((top) => top.matches(":hover, :focus-within"))) {
      if (entry.querySelector("ul").contains(document.activeElement)) entry.querySelector("a").focus();
      entry.classList.add(dismissed);
    }
  });
  for (const entry of tops) {
    entry.addEventListener("pointerleave", () => entry.classList.remove(dismissed));
    entry.addEventListener("focusout", (event) => {
      if (!entry.contains(event.relatedTarget)) entry.classList.remove(dismissed);
    });
  }
})();
