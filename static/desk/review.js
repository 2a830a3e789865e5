// On the review page: what changed stands behind its tab, quick phrases go into the reason, and the keyboard decides and
// goes through the queue, also while the text in the frame has the focus. No shortcut is a single letter (WCAG 2.1.4).
"use strict";
window.desk = window.desk || {};
{
  const form = document.getElementById("decision-form");
  const reason = document.getElementById("id_comment");
  const frame = document.querySelector(".review-text iframe");

  // --- Full text, and what changed ---

  const text = document.querySelector(".review-text");
  const differences = document.getElementById("differences");
  const views = [...document.querySelectorAll(".review-views a")];
  const fetched = new Map();
  let shown = null;

  const show = async (link) => {
    for (const one of views) one.toggleAttribute("aria-current", false);
    link.setAttribute("aria-current", "true");
    shown = link;
    const isText = link.dataset.view === "text";
    text.hidden = !isText;
    differences.hidden = isText;
    if (isText) return;
    if (!fetched.has(link.href)) {
      differences.textContent = differences.dataset.waiting;
      try {
        const response = await fetch(`${link.href}&part=1`);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const found = page.querySelector(".diff");
        if (!response.ok || !found) throw new Error("no differences");
        fetched.set(link.href, found);
      } catch {
        if (shown === link) differences.textContent = differences.dataset.failed;
        return;
      }
    }
    if (shown === link) differences.replaceChildren(fetched.get(link.href));
  };
  for (const link of views) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
      event.preventDefault();
      show(link);
    });
  }
  desk.showText = () => show(views[0]);

  // --- The reason ---

  const asked = document.querySelector(".review-asked");
  const phrases = document.querySelector(".review-phrases");
  if (phrases) {
    phrases.hidden = false;
    // The reason keeps the focus: on a phone the phrases are there only as long as it has it.
    phrases.addEventListener("pointerdown", (event) => event.preventDefault());
    phrases.addEventListener("click", (event) => {
      const phrase = event.target.closest(".review-phrase");
      if (!phrase) return;
      const words = phrase.textContent;
      const [start, end] = [reason.selectionStart, reason.selectionEnd];
      const before = reason.value.slice(0, start);
      // On a line of its own, unless something stands on the line that it goes to.
      reason.setRangeText(before && !/\s$/.test(before) ? `\n${words}` : words, start, end, "end");
      reason.dispatchEvent(new Event("input", { bubbles: true }));
      reason.focus();
    });
  }

  const decide = (verdict) => {
    if (!form) return;
    if (verdict === "return" && !reason.value.trim()) {
      asked.textContent = asked.dataset.words;
      reason.focus();
      return;
    }
    form.requestSubmit(document.getElementById(`verdict-${verdict}`));
  };
  if (reason) {
    reason.addEventListener("input", () => {
      asked.textContent = "";
    });
    document.getElementById("verdict-return").addEventListener("click", (event) => {
      if (reason.value.trim()) return;
      event.preventDefault();
      decide("return");
    });
  }

  // --- The keyboard ---

  const pressed = (event) => {
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (event.key !== "Enter" || !isControl || !form) return;
    event.preventDefault();
    decide(event.shiftKey ? "return" : "approve");
  };
  document.addEventListener("keydown", pressed);

  // No script runs in the frame; this page listens to it. (WebKit does not let it, bug 218086: there only the page.)
  const listen = () => {
    for (const heard of [pressed, desk.turn]) frame.contentDocument?.addEventListener("keydown", heard);
  };
  frame.addEventListener("load", listen);
  if (frame.contentDocument?.readyState === "complete") listen();
}
