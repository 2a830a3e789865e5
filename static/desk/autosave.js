// Autosave every half minute. A newer save by another person is never overwritten: both texts are shown and autosave
// pauses until the user chooses. A failed save is stored in this browser, for this user only.
"use strict";
{
  const AUTOSAVE_INTERVAL_MS = 30_000;
  const form = desk.draft.form;
  const version = form.elements.namedItem("version");
  // Each open form has a copy of its own, so that two tabs do not overwrite each other's.
  const copyKey = form.elements.namedItem("copy_key");
  copyKey.value ||= [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const storagePrefix = () => `qianfa-draft:${form.dataset.person}:${form.dataset.article || "new"}:`;
  const storageKey = () => storagePrefix() + copyKey.value;
  let pendingSave = null; // the save that is under way
  let isPaused = "stale" in form.dataset; // until somebody has chosen between two texts
  let otherVersion = null;

  // --- The copy in this browser ---

  const UNSTORED_FIELDS = ["csrfmiddlewaretoken", "version", "copy_key"];
  const storeCopy = () => {
    const fields = [...desk.draft.formData()].filter(([name, value]) => !UNSTORED_FIELDS.includes(name) && typeof value === "string");
    const put = () => localStorage.setItem(storageKey(), JSON.stringify({ at: new Date().toISOString(), fields }));
    try {
      put();
    } catch {
      // Full: drop pictures that are not uploaded yet and keep the text.
      const body = fields.find(([name]) => name === "body");
      if (body) body[1] = body[1].replace(/\bdata:image\/[^"'<>]*/gi, "");
      try {
        put();
      } catch {
        // Still full, or disabled: no copy.
      }
    }
  };
  const deleteCopy = (which = storageKey()) => {
    try {
      localStorage.removeItem(which);
    } catch {
      // Disabled.
    }
  };
  // Return the copies of this article, or of new articles, that no open form has: [{key, at, fields}], newest first.
  const abandonedCopies = () => {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(storagePrefix()) || openForms.has(key.slice(storagePrefix().length))) continue;
        found.push({ key, ...JSON.parse(localStorage.getItem(key)) });
      }
    } catch {
      // Disabled, or not written by us.
    }
    return found.sort((one, other) => other.at.localeCompare(one.at));
  };

  // Open forms answer each other, so that none offers the copy of a form that somebody is still writing in.
  const ANSWER_TIME_MS = 300;
  const openForms = new Set([copyKey.value]);
  const channel = window.BroadcastChannel ? new BroadcastChannel("qianfa-draft") : null;
  channel?.addEventListener("message", ({ data }) => {
    openForms.add(data.key);
    if (data.asks) channel.postMessage({ key: copyKey.value });
  });

  const restore = (fields) => {
    const named = new Map();
    for (const [name, value] of fields) named.set(name, [...(named.get(name) ?? []), value]);
    for (const element of form.elements) {
      if (!element.name || UNSTORED_FIELDS.includes(element.name) || element.type === "file" || element.disabled) continue;
      const values = named.get(element.name) ?? [];
      if (element.type === "checkbox" || element.type === "radio") element.checked = values.includes(element.value);
      else if (values.length) element.value = values[0];
    }
    desk.draft.editor()?.setData(form.elements.namedItem("body").value);
    form.dispatchEvent(new CustomEvent("restored"));
    desk.draft.markChanged();
  };

  // --- Saving ---

  const showLosses = (lost) => {
    const box = document.getElementById("saving-losses");
    if (!lost.length) return;
    box.querySelector("h2").textContent = desk.text("lost");
    box.querySelector("ul").replaceChildren(
      ...lost.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
    );
    box.hidden = false;
  };

  const label = (name) => form.querySelector(`label[for="id_${name}"]`)?.textContent.replace("*", "").trim() ?? name;

  const switchToArticle = (answer) => {
    if (form.dataset.article) return;
    deleteCopy(); // stored under the key of a new article
    form.dataset.article = answer.article;
    // From now on the form edits this article: the next save must not create another one.
    form.action = answer.address;
    history.replaceState(null, "", answer.address);
    const department = form.elements.namedItem("department");
    // Remove the other options instead of disabling the field: disabled fields are not sent.
    for (const option of [...department.options]) if (!option.selected) option.remove();
    const overview = document.getElementById("overview-link");
    overview.href = new URL("../overview/", new URL(answer.address, location)).pathname;
    overview.parentElement.hidden = false;
  };

  const showConflict = (answer, count) => {
    isPaused = true;
    otherVersion = answer;
    const box = document.getElementById("conflict");
    box.querySelector("h2").textContent = answer.sentence;
    box.querySelector(".desk-conflict-summary").textContent = desk.text("conflict");
    box.querySelector(".desk-conflict-name").textContent = answer.name;
    document.getElementById("conflict-keep-mine").hidden = !answer.is_draft;
    const put = (where, title, text) => {
      const head = Object.assign(document.createElement("strong"), { textContent: title });
      const paragraphs = text.split(/\n+/).filter((line) => line.trim());
      where.replaceChildren(
        ...[head, ...paragraphs].map((part) => {
          const paragraph = document.createElement("p");
          paragraph.append(part);
          return paragraph;
        }),
      );
    };
    put(document.getElementById("conflict-theirs"), answer.title, answer.text);
    const showOwnText = () => put(document.getElementById("conflict-mine"), form.elements.namedItem("title").value, plainText());
    showOwnText();
    desk.draft.onChange(() => box.hidden || showOwnText());
    box.hidden = false;
    storeCopy();
    desk.draft.showStatus(desk.text("unsaved"), "problem");
    return { ok: false, count };
  };

  const plainText = () => {
    const page = new DOMParser().parseFromString(desk.draft.bodyHtml(), "text/html");
    for (const block of page.querySelectorAll("p, h2, h3, h4, li, tr, div, figure, blockquote")) block.append("\n");
    return page.body.textContent;
  };

  const saveOnce = async () => {
    const count = desk.draft.changeCount();
    const data = desk.draft.formData();
    data.set("article", form.dataset.article);
    desk.draft.showStatus(desk.text("saving"), "saving");
    const { status, answer, problem } = await desk.post(form.dataset.autosave, data);
    if (status === 200 && answer) {
      switchToArticle(answer);
      version.value = answer.version;
      form.dataset.preview = answer.preview;
      showLosses(answer.lost);
      const invalidFields = Object.keys(answer.errors);
      if (invalidFields.length) {
        storeCopy();
        desk.draft.showStatus(desk.text("partly", { time: answer.time, fields: invalidFields.map(label).join("、") }), "problem");
        return { ok: true, partly: true };
      }
      desk.draft.markSaved(count);
      if (desk.draft.isUnsaved()) return { ok: true }; // somebody typed while it was saving
      deleteCopy();
      desk.draft.showStatus(desk.text("saved", { time: answer.time }), "saved");
      return { ok: true };
    }
    if (status === 409 && answer) return showConflict(answer, count);
    storeCopy();
    if (status === 400 && answer?.errors) {
      const invalidFields = Object.keys(answer.errors);
      const isIncomplete = !form.dataset.article && invalidFields.every((name) => name === "title" || name === "department");
      desk.draft.showStatus(isIncomplete ? desk.text("needs") : Object.values(answer.errors).join(" "), isIncomplete ? "unsaved" : "problem");
    } else {
      desk.draft.showStatus(`${problem ?? desk.text("broken")} ${desk.text("kept_here")}`, "problem");
    }
    return { ok: false };
  };

  // Save now if there are unsaved changes; one save at a time. Returns {ok}.
  desk.draft.save = async () => {
    if (pendingSave) await pendingSave;
    if (isPaused) return { ok: false };
    if (!desk.draft.isUnsaved()) return { ok: true };
    pendingSave = saveOnce();
    try {
      return await pendingSave;
    } finally {
      pendingSave = null;
    }
  };

  setInterval(() => {
    if (!form.dataset.sent && desk.draft.isUnsaved() && !pendingSave) desk.draft.save();
  }, AUTOSAVE_INTERVAL_MS);
  // Save when the tab is hidden: the user may not come back to it. When the page is left, the browser asks, and the
  // copy is offered on the next visit.
  let isLeaving = false;
  window.addEventListener("beforeunload", () => {
    isLeaving = true;
    if (!form.dataset.sent && desk.draft.isUnsaved()) storeCopy();
    setTimeout(() => (isLeaving = false), 3000);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !isLeaving && !form.dataset.sent && desk.draft.isUnsaved() && !pendingSave) desk.draft.save();
  });

  // Store a copy two seconds after the last change, in case the browser or the machine stops.
  let copyTimer = 0;
  desk.draft.onChange(() => {
    clearTimeout(copyTimer);
    copyTimer = setTimeout(() => desk.draft.isUnsaved() && storeCopy(), 2000);
  });

  // A press of “save” while a save is under way waits for it: else it would meet its own newer version.
  form.addEventListener("submit", (event) => {
    if (!pendingSave) {
      storeCopy();
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    pendingSave.finally(() => setTimeout(() => form.requestSubmit(button)));
  });

  // --- What was left behind the last time ---

  const box = document.getElementById("kept-text");
  let offeredCopy = null;
  const current = () => new Map([...desk.draft.formData()].filter(([name]) => !UNSTORED_FIELDS.includes(name)));
  const differs = (fields) => {
    const now = current();
    return fields.some(([name, value]) => name !== "columns" && now.has(name) && now.get(name).trim() !== value.trim());
  };
  const offerCopy = () => {
    const copies = abandonedCopies();
    offeredCopy = copies.find((copy) => differs(copy.fields));
    for (const copy of copies) if (!differs(copy.fields)) deleteCopy(copy.key);
    if (offeredCopy) box.querySelector("p").textContent = desk.text("kept", { time: new Date(offeredCopy.at).toLocaleString() });
    box.hidden = !offeredCopy;
  };
  const offerOnceFormsHaveAnswered = () => {
    if ("unsaved" in form.dataset) return;
    channel?.postMessage({ key: copyKey.value, asks: true });
    setTimeout(offerCopy, ANSWER_TIME_MS);
  };
  if (window.CKEDITOR && document.querySelector("textarea[data-type=ckeditortype]")) {
    window.CKEDITOR.on("instanceReady", offerOnceFormsHaveAnswered);
  } else {
    offerOnceFormsHaveAnswered();
  }
  document.getElementById("kept-restore").addEventListener("click", () => {
    restore(offeredCopy.fields);
    storeCopy();
    deleteCopy(offeredCopy.key);
    box.hidden = true;
  });
  document.getElementById("kept-drop").addEventListener("click", () => {
    deleteCopy(offeredCopy.key);
    offerCopy();
  });

  // --- Resolving a conflict ---

  document.getElementById("conflict-keep-mine").addEventListener("click", () => {
    version.value = otherVersion.version;
    isPaused = false;
    document.getElementById("conflict").hidden = true;
    desk.draft.save();
    desk.draft.editor()?.focus();
  });
  document.getElementById("conflict-take-theirs").addEventListener("click", () => {
    storeCopy(); // the reloaded page offers it
    desk.draft.markSaved(desk.draft.changeCount());
    location.assign(location.pathname);
  });
}
