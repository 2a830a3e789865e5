// Remarks on the review page: words marked in the frame are quoted into the form of a remark, and what was remarked on is
// highlighted in the frame. No script runs in the frame: this page reads its selection and puts the marks there.
"use strict";
{
  const place = document.querySelector(".review-text");
  const frame = place.querySelector("iframe");
  const list = document.getElementById("remark-list");
  const form = document.getElementById("remark-form");
  const bar = place.querySelector(".review-mark-bar");
  const page = () => frame.contentDocument;
  const root = (field) => page()?.querySelector(field === "title" ? ".article h1" : ".prose") ?? null;

  // --- In the frame ---

  const unmark = (which) => {
    for (const mark of page().querySelectorAll(which)) {
      const around = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      around.normalize();
    }
  };
  const mark = (range, facts) =>
    desk.wrapPassage(range, () => {
      const made = page().createElement("mark");
      Object.assign(made.dataset, facts);
      return made;
    });

  const draw = () => {
    if (!root("title")) return; // an error or a sign-in page stands in the frame
    unmark("mark[data-remark]");
    for (const item of list.querySelectorAll("[data-remark]")) {
      const range = desk.findPassage(root(item.dataset.field), item.dataset);
      if (range) mark(range, { remark: item.dataset.remark, ...("suggestion" in item.dataset && { suggestion: "" }) });
    }
  };

  // The frame is as tall as the article, so it is this page that scrolls.
  const goTo = (element) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = frame.getBoundingClientRect().top + element.getBoundingClientRect().top + scrollY;
    scrollTo({ top: top - innerHeight / 4, behavior: still ? "auto" : "smooth" });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".review-jump");
    if (!button) return;
    const about = button.closest("[data-exact]");
    const range = desk.findPassage(root(about.dataset.field), about.dataset);
    if (!range) return;
    desk.showText();
    unmark("mark[data-found]");
    const [first] = mark(range, { found: "" });
    if (first) goTo(first);
  });
  const showJumps = () => {
    for (const button of document.querySelectorAll(".review-jump")) button.hidden = false;
  };

  const clicked = (event) => {
    const found = event.target.closest?.("mark[data-remark]");
    const item = found && document.getElementById(`remark-${found.dataset.remark}`);
    if (!item) return;
    item.scrollIntoView({ block: "center" });
    for (const other of list.querySelectorAll(".is-found")) other.classList.remove("is-found");
    item.classList.add("is-found");
  };

  // --- What is marked ---

  let chosen = null; // {field, quote} of the words that are selected in the frame

  const selected = () => {
    const selection = page()?.getSelection();
    if (!selection?.rangeCount || selection.isCollapsed) return null;
    for (const field of ["title", "body"]) {
      const within = root(field);
      const range = selection.getRangeAt(0).cloneRange();
      if (!within || !range.intersectsNode(within)) continue;
      if (!within.contains(range.startContainer)) range.setStart(within, 0);
      if (!within.contains(range.endContainer)) range.setEnd(within, within.childNodes.length);
      const quote = desk.quotePassage(within, range);
      if (quote.exact.trim()) return { field, quote, range };
    }
    return null;
  };

  const look = () => {
    if (!form || document.querySelector("dialog[open]")) return;
    const now = selected();
    const isSame = now && chosen && now.field === chosen.field && JSON.stringify(now.quote) === JSON.stringify(chosen.quote);
    chosen = now;
    bar.hidden = !now;
    if (!now || isSame) return;
    const lines = now.range.getClientRects();
    const last = lines[lines.length - 1] ?? now.range.getBoundingClientRect();
    const most = place.clientWidth - bar.offsetWidth - 8;
    bar.style.top = `${frame.offsetTop + last.bottom + 8}px`;
    bar.style.left = `${Math.max(8, Math.min(most, frame.offsetLeft + last.left))}px`;
    // On a phone it stands above the bar with the decision (review.css).
    bar.style.setProperty("--decision", `${document.querySelector(".desk-decision")?.offsetHeight ?? 0}px`);
  };

  // --- The form ---

  const dialog = document.getElementById("remark-dialog");
  const home = form?.parentElement;
  const field = (name) => form.elements.namedItem(name);

  const suit = () => {
    const isSuggestion = field("kind").value === "suggestion";
    form.querySelector(".field-replacement").hidden = !isSuggestion;
    const title = dialog.querySelector("h2");
    title.textContent = isSuggestion ? title.dataset.suggestion : title.dataset.text;
  };
  const problem = (words) => {
    form.querySelector(".remark-problem").textContent = words;
  };

  const open = (kind) => {
    const { field: where, quote } = chosen;
    field("field").value = where;
    field("kind").value = kind;
    for (const [name, words] of Object.entries(quote)) field(name).value = words;
    if (kind === "suggestion") field("replacement").value = quote.exact;
    problem("");
    suit();
    dialog.append(form);
    dialog.showModal();
    const first = field(kind === "suggestion" ? "replacement" : "text");
    first.focus();
    field("exact").readOnly = true; // what was marked; written by hand, it can be corrected
    bar.hidden = true;
  };

  const send = async (from, then) => {
    const data = new FormData(from);
    try {
      const response = await fetch(from.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (answer.errors) {
        problem(Object.values(answer.errors).join(" "));
        return;
      }
      list.innerHTML = answer.list;
      showJumps();
      draw();
      then?.();
    } catch {
      problem(form.dataset.failed);
    } finally {
      delete from.dataset.sent; // desk.js lets a form off once
      from.removeAttribute("aria-busy");
    }
  };

  if (form) {
    document.querySelector(".remark-hint").hidden = false;
    const cancel = document.getElementById("remark-cancel");
    cancel.hidden = false;
    cancel.addEventListener("click", () => {
      if (dialog.open) dialog.close();
      else home.open = false;
    });
    dialog.addEventListener("close", () => {
      field("exact").readOnly = false;
      home.append(form);
    });
    form.addEventListener("change", suit);
    suit();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, () => {
        form.reset();
        suit();
        page().getSelection().removeAllRanges();
        if (dialog.open) dialog.close();
        home.open = false;
      });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation(); // it is not the decision that is sent
      form.requestSubmit();
    });
    list.addEventListener("submit", (event) => {
      event.preventDefault();
      send(event.target);
    });
    for (const button of bar.querySelectorAll("button")) {
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
      button.addEventListener("click", () => chosen && open(button.dataset.kind));
    }
  }

  // --- When the text is there ---

  let ticking = 0;
  const begin = () => {
    if (!root("title")) return;
    const style = page().createElement("link");
    style.rel = "stylesheet";
    style.href = place.dataset.marks;
    page().head.append(style);
    showJumps();
    draw();
    const heard = () => {
      clearInterval(ticking);
      look();
    };
    for (const name of ["selectionchange", "pointerup", "keyup"]) page().addEventListener(name, heard);
    page().addEventListener("click", clicked);
    // WebKit tells a page nothing of a frame in which no script may run (bug 218086), but lets it look.
    clearInterval(ticking);
    ticking = setInterval(look, 500);
  };
  frame.addEventListener("load", begin);
  if (page()?.readyState === "complete") begin();
}
