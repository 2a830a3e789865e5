// Remarks on the review page: quote the text selected in the frame into the remark form, and highlight remarks in the
// frame. No script runs in the frame: this page reads its selection and inserts the highlights.
"use strict";
{
  const textPanel = document.querySelector(".review-text");
  const frame = textPanel.querySelector("iframe");
  const list = document.getElementById("remark-list");
  const form = document.getElementById("remark-form");
  const toolbar = textPanel.querySelector(".review-selection-toolbar");
  const frameDocument = () => frame.contentDocument;
  const fieldRoot = (field) => frameDocument()?.querySelector(field === "title" ? ".article h1" : ".article-body") ?? null;

  // --- In the frame ---

  const removeMarks = (which) => {
    for (const addMarks of frameDocument().querySelectorAll(which)) {
      const around = addMarks.parentNode;
      addMarks.replaceWith(...addMarks.childNodes);
      around.normalize();
    }
  };
  const addMarks = (range, data) =>
    desk.wrapPassage(range, () => {
      const element = frameDocument().createElement("mark");
      Object.assign(element.dataset, data);
      return element;
    });

  const renderMarks = () => {
    if (!fieldRoot("title")) return; // the frame shows an error or the sign-in page
    removeMarks("mark[data-remark]");
    for (const item of list.querySelectorAll("[data-remark]")) {
      const range = desk.findPassage(fieldRoot(item.dataset.field), item.dataset);
      if (range) addMarks(range, { remark: item.dataset.remark, ...("suggestion" in item.dataset && { suggestion: "" }) });
    }
  };

  // The frame is as tall as the article, so scroll this page.
  const scrollToElement = (element) => {
    const reducesMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = frame.getBoundingClientRect().top + element.getBoundingClientRect().top + scrollY;
    scrollTo({ top: top - innerHeight / 4, behavior: reducesMotion ? "auto" : "smooth" });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".review-show-passage");
    if (!button) return;
    const about = button.closest("[data-exact]");
    const range = desk.findPassage(fieldRoot(about.dataset.field), about.dataset);
    if (!range) return;
    desk.showText();
    removeMarks("mark[data-found]");
    const [first] = addMarks(range, { found: "" });
    if (first) scrollToElement(first);
  });
  const showJumps = () => {
    for (const button of document.querySelectorAll(".review-show-passage")) button.hidden = false;
  };

  const handleMarkClick = (event) => {
    const found = event.target.closest?.("mark[data-remark]");
    const item = found && document.getElementById(`remark-${found.dataset.remark}`);
    if (!item) return;
    item.scrollIntoView({ block: "center" });
    for (const other of list.querySelectorAll(".is-highlighted")) other.classList.remove("is-highlighted");
    item.classList.add("is-highlighted");
  };

  // --- The selection ---

  let selectedPassage = null; // {field, quote} of the words that are selected in the frame

  const readSelection = () => {
    const selection = frameDocument()?.getSelection();
    if (!selection?.rangeCount || selection.isCollapsed) return null;
    for (const field of ["title", "body"]) {
      const within = fieldRoot(field);
      const range = selection.getRangeAt(0).cloneRange();
      if (!within || !range.intersectsNode(within)) continue;
      if (!within.contains(range.startContainer)) range.setStart(within, 0);
      if (!within.contains(range.endContainer)) range.setEnd(within, within.childNodes.length);
      const quote = desk.quotePassage(within, range);
      if (quote.exact.trim()) return { field, quote, range };
    }
    return null;
  };

  const updateToolbar = () => {
    if (!form || document.querySelector("dialog[open]")) return;
    const now = readSelection();
    const isSame = now && selectedPassage && now.field === selectedPassage.field && JSON.stringify(now.quote) === JSON.stringify(selectedPassage.quote);
    selectedPassage = now;
    toolbar.hidden = !now;
    if (!now || isSame) return;
    const lines = now.range.getClientRects();
    const last = lines[lines.length - 1] ?? now.range.getBoundingClientRect();
    const maxLeft = textPanel.clientWidth - toolbar.offsetWidth - 8;
    toolbar.style.top = `${frame.offsetTop + last.bottom + 8}px`;
    toolbar.style.left = `${Math.max(8, Math.min(maxLeft, frame.offsetLeft + last.left))}px`;
    // On a phone the toolbar is shown above the decision bar (review.css).
    toolbar.style.setProperty("--decision", `${document.querySelector(".desk-decision")?.offsetHeight ?? 0}px`);
  };

  // --- The form ---

  const dialog = document.getElementById("remark-dialog");
  const formContainer = form?.parentElement;
  const field = (name) => form.elements.namedItem(name);

  const updateKindFields = () => {
    const isSuggestion = field("kind").value === "suggestion";
    form.querySelector(".field-replacement").hidden = !isSuggestion;
    const title = dialog.querySelector("h2");
    title.textContent = isSuggestion ? title.dataset.suggestion : title.dataset.text;
  };
  const showProblem = (words) => {
    form.querySelector(".remark-error").textContent = words;
  };

  const open = (kind) => {
    const { field: where, quote } = selectedPassage;
    field("field").value = where;
    field("kind").value = kind;
    for (const [name, words] of Object.entries(quote)) field(name).value = words;
    if (kind === "suggestion") field("replacement").value = quote.exact;
    showProblem("");
    updateKindFields();
    dialog.append(form);
    dialog.showModal();
    const first = field(kind === "suggestion" ? "replacement" : "text");
    first.focus();
    field("exact").readOnly = true; // the selected text; a quote typed by hand stays editable
    toolbar.hidden = true;
  };

  const send = async (from, onSuccess) => {
    const data = new FormData(from);
    try {
      const response = await fetch(from.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (answer.errors) {
        showProblem(Object.values(answer.errors).join(" "));
        return;
      }
      list.innerHTML = answer.list;
      showJumps();
      renderMarks();
      onSuccess?.();
    } catch {
      showProblem(form.dataset.failed);
    } finally {
      delete from.dataset.sent; // desk.js lets a form be sent only once
      from.removeAttribute("aria-busy");
    }
  };

  if (form) {
    document.querySelector(".remark-hint").hidden = false;
    const cancel = document.getElementById("remark-cancel");
    cancel.hidden = false;
    cancel.addEventListener("click", () => {
      if (dialog.open) dialog.close();
      else formContainer.open = false;
    });
    dialog.addEventListener("close", () => {
      field("exact").readOnly = false;
      formContainer.append(form);
    });
    form.addEventListener("change", updateKindFields);
    updateKindFields();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, () => {
        form.reset();
        updateKindFields();
        frameDocument().getSelection().removeAllRanges();
        if (dialog.open) dialog.close();
        formContainer.open = false;
      });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation(); // do not send the decision
      form.requestSubmit();
    });
    list.addEventListener("submit", (event) => {
      event.preventDefault();
      send(event.target);
    });
    for (const button of toolbar.querySelectorAll("button")) {
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
      button.addEventListener("click", () => selectedPassage && open(button.dataset.kind));
    }
  }

  // --- Once the frame has loaded ---

  let pollTimer = 0;
  const start = () => {
    if (!fieldRoot("title")) return;
    const style = frameDocument().createElement("link");
    style.rel = "stylesheet";
    style.href = textPanel.dataset.markStyles;
    frameDocument().head.append(style);
    showJumps();
    renderMarks();
    const handleSelection = () => {
      clearInterval(pollTimer);
      updateToolbar();
    };
    for (const name of ["selectionchange", "pointerup", "keyup"]) frameDocument().addEventListener(name, handleSelection);
    frameDocument().addEventListener("click", handleMarkClick);
    // WebKit sends no events from a frame without scripts (bug 218086), but lets this page read the selection.
    clearInterval(pollTimer);
    pollTimer = setInterval(updateToolbar, 500);
  };
  frame.addEventListener("load", start);
  if (frameDocument()?.readyState === "complete") start();
}
