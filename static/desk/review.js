// The review page: tabs for the text and the differences, quick phrases for the reason, and shortcuts for the decision,
// also while the frame has the focus. No shortcut is a single letter (WCAG 2.1.4).
"use strict";
window.desk = window.desk || {};
{
  const form = document.getElementById("decision-form");
  const reason = document.getElementById("id_comment");
  const frame = document.querySelector(".review-text iframe");

  // --- Full text, and what changed ---

  const textPanel = document.querySelector(".review-text");
  const differencesPanel = document.getElementById("differences");
  const viewLinks = [...document.querySelectorAll(".review-views a")];
  const differencesByUrl = new Map();
  let currentLink = null;

  const showView = async (link) => {
    for (const one of viewLinks) one.toggleAttribute("aria-current", false);
    link.setAttribute("aria-current", "true");
    currentLink = link;
    const isText = link.dataset.view === "text";
    textPanel.hidden = !isText;
    differencesPanel.hidden = isText;
    if (isText) return;
    if (!differencesByUrl.has(link.href)) {
      differencesPanel.textContent = differencesPanel.dataset.waiting;
      try {
        const response = await fetch(`${link.href}&part=1`);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const found = page.querySelector(".diff");
        if (!response.ok || !found) throw new Error("no differences");
        differencesByUrl.set(link.href, found);
      } catch {
        if (currentLink === link) differencesPanel.textContent = differencesPanel.dataset.failed;
        return;
      }
    }
    if (currentLink === link) differencesPanel.replaceChildren(differencesByUrl.get(link.href));
  };
  for (const link of viewLinks) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // open in a new tab
      event.preventDefault();
      showView(link);
    });
  }
  desk.showText = () => showView(viewLinks[0]);

  // --- The reason ---

  const reasonPrompt = document.querySelector(".review-reason-prompt");
  const phrases = document.querySelector(".review-phrases");
  if (phrases) {
    phrases.hidden = false;
    // Keep the focus in the reason: on a phone the phrases are visible only while it has the focus.
    phrases.addEventListener("pointerdown", (event) => event.preventDefault());
    phrases.addEventListener("click", (event) => {
      const phrase = event.target.closest(".review-phrase");
      if (!phrase) return;
      const words = phrase.textContent;
      const [start, end] = [reason.selectionStart, reason.selectionEnd];
      const before = reason.value.slice(0, start);
      // Start a new line unless the cursor is already on an empty one.
      reason.setRangeText(before && !/\s$/.test(before) ? `\n${words}` : words, start, end, "end");
      reason.dispatchEvent(new Event("input", { bubbles: true }));
      reason.focus();
    });
  }

  const decide = (verdict) => {
    if (!form) return;
    if (verdict === "return" && !reason.value.trim()) {
      reasonPrompt.textContent = reasonPrompt.dataset.words;
      reason.focus();
      return;
    }
    form.requestSubmit(document.getElementById(`verdict-${verdict}`));
  };
  if (reason) {
    reason.addEventListener("input", () => {
      reasonPrompt.textContent = "";
    });
    document.getElementById("verdict-return").addEventListener("click", (event) => {
      if (reason.value.trim()) return;
      event.preventDefault();
      decide("return");
    });
  }

  // --- The keyboard ---

  const handleDecisionShortcut = (event) => {
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (event.key !== "Enter" || !isControl || !form) return;
    event.preventDefault();
    decide(event.shiftKey ? "return" : "approve");
  };
  document.addEventListener("keydown", handleDecisionShortcut);

  // No script runs in the frame, so this page listens to its events. WebKit does not allow that (bug 218086).
  const listenInFrame = () => {
    for (const handler of [handleDecisionShortcut, desk.handleQueueShortcut]) frame.contentDocument?.addEventListener("keydown", handler);
  };
  frame.addEventListener("load", listenInFrame);
  if (frame.contentDocument?.readyState === "complete") listenInFrame();
}
