// Saving by itself, every half minute. Over somebody else's newer save nothing is saved: both texts are shown, and the
// person goes on writing until they choose. What could not be saved is kept in this browser, for this person alone.
"use strict";
{
  const EVERY = 30_000; // milliseconds
  const form = desk.draft.form;
  const version = form.elements.namedItem("version");
  const key = () => `qianfa-draft:${form.dataset.person}:${form.dataset.article || "new"}`;
  let running = null; // the save that is under way
  let stopped = "stale" in form.dataset; // until somebody has chosen between two texts
  let theirs = null;

  // --- The copy in this browser ---

  const SKIPPED = ["csrfmiddlewaretoken", "version"];
  const keep = () => {
    const fields = [...desk.draft.data()].filter(([name, value]) => !SKIPPED.includes(name) && typeof value === "string");
    const put = () => localStorage.setItem(key(), JSON.stringify({ at: new Date().toISOString(), fields }));
    try {
      put();
    } catch {
      // Full: the words matter more than pictures that are not uploaded yet.
      const body = fields.find(([name]) => name === "body");
      if (body) body[1] = body[1].replace(/\bdata:image\/[^"'<>]*/gi, "");
      try {
        put();
      } catch {
        // Full all the same, or switched off: then there is no copy.
      }
    }
  };
  const drop = (which = key()) => {
    try {
      localStorage.removeItem(which);
    } catch {
      // Switched off.
    }
  };
  const copy = () => {
    try {
      return JSON.parse(localStorage.getItem(key()));
    } catch {
      return null;
    }
  };

  const restore = (fields) => {
    const named = new Map();
    for (const [name, value] of fields) named.set(name, [...(named.get(name) ?? []), value]);
    for (const element of form.elements) {
      if (!element.name || SKIPPED.includes(element.name) || element.type === "file" || element.disabled) continue;
      const values = named.get(element.name) ?? [];
      if (element.type === "checkbox" || element.type === "radio") element.checked = values.includes(element.value);
      else if (values.length) element.value = values[0];
    }
    desk.draft.editor()?.setData(form.elements.namedItem("body").value);
    form.dispatchEvent(new CustomEvent("restored"));
    desk.draft.touch();
  };

  // --- Saving ---

  const show = (lost) => {
    const box = document.getElementById("lost-things");
    if (!lost.length) return;
    box.querySelector("h2").textContent = desk.say("lost");
    box.querySelector("ul").replaceChildren(
      ...lost.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
    );
    box.hidden = false;
  };

  const label = (name) => form.querySelector(`label[for="id_${name}"]`)?.textContent.replace("*", "").trim() ?? name;

  const begun = (answer) => {
    if (form.dataset.article) return;
    drop(); // under the name that it had before it was an article
    form.dataset.article = answer.article;
    // From now on the form is that of the article: saving it again must not begin another.
    form.action = answer.address;
    history.replaceState(null, "", answer.address);
    const department = form.elements.namedItem("department");
    // A disabled field would not be sent; the server does not look at it either.
    for (const option of [...department.options]) if (!option.selected) option.remove();
    const overview = document.getElementById("overview-link");
    overview.href = new URL("../overview/", new URL(answer.address, location)).pathname;
    overview.parentElement.hidden = false;
  };

  const clash = (answer, count) => {
    stopped = true;
    theirs = answer;
    const box = document.getElementById("clash");
    box.querySelector("h2").textContent = answer.sentence;
    box.querySelector(".desk-clash-what").textContent = desk.say("clash");
    box.querySelector(".desk-clash-name").textContent = answer.name;
    document.getElementById("clash-keep-mine").hidden = !answer.is_draft;
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
    put(document.getElementById("clash-theirs"), answer.title, answer.text);
    const mine = () => put(document.getElementById("clash-mine"), form.elements.namedItem("title").value, words());
    mine();
    desk.draft.whenTouched(() => box.hidden || mine());
    box.hidden = false;
    keep();
    desk.draft.tell(desk.say("unsaved"), "problem");
    return { ok: false, count };
  };

  const words = () => {
    const page = new DOMParser().parseFromString(desk.draft.body(), "text/html");
    for (const block of page.querySelectorAll("p, h2, h3, h4, li, tr, div, figure, blockquote")) block.append("\n");
    return page.body.textContent;
  };

  const attempt = async () => {
    const count = desk.draft.changes();
    const data = desk.draft.data();
    data.set("article", form.dataset.article);
    desk.draft.tell(desk.say("saving"), "saving");
    const { status, answer, problem } = await desk.post(form.dataset.autosave, data);
    if (status === 200 && answer) {
      begun(answer);
      version.value = answer.version;
      form.dataset.preview = answer.preview;
      show(answer.lost);
      const wrong = Object.keys(answer.errors);
      if (wrong.length) {
        keep();
        desk.draft.tell(desk.say("partly", { time: answer.time, fields: wrong.map(label).join("、") }), "problem");
        return { ok: true, partly: true };
      }
      desk.draft.saved(count);
      if (desk.draft.isUnsaved()) return { ok: true }; // somebody typed while it was saving
      drop();
      desk.draft.tell(desk.say("saved", { time: answer.time }), "saved");
      return { ok: true };
    }
    if (status === 409 && answer) return clash(answer, count);
    keep();
    if (status === 400 && answer?.errors) {
      const wrong = Object.keys(answer.errors);
      const needs = !form.dataset.article && wrong.every((name) => name === "title" || name === "department");
      desk.draft.tell(needs ? desk.say("needs") : Object.values(answer.errors).join(" "), needs ? "unsaved" : "problem");
    } else {
      desk.draft.tell(`${problem ?? desk.say("broken")} ${desk.say("kept_here")}`, "problem");
    }
    return { ok: false };
  };

  // Saves now, unless there is nothing to save; one at a time. Gives {ok}.
  desk.draft.save = async () => {
    if (running) await running;
    if (stopped) return { ok: false };
    if (!desk.draft.isUnsaved()) return { ok: true };
    running = attempt();
    try {
      return await running;
    } finally {
      running = null;
    }
  };

  setInterval(() => {
    if (!form.dataset.sent && desk.draft.isUnsaved() && !running) desk.draft.save();
  }, EVERY);
  // Who turns to another tab or locks the telephone may not come back to this one.
  // (Who leaves the page has been asked whether to, and finds the copy when they come back.)
  let leaving = false;
  window.addEventListener("beforeunload", () => {
    leaving = true;
    if (!form.dataset.sent && desk.draft.isUnsaved()) keep();
    setTimeout(() => (leaving = false), 3000);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !leaving && !form.dataset.sent && desk.draft.isUnsaved() && !running) desk.draft.save();
  });

  // The copy follows the typing by two seconds, for a browser that is closed or a machine that goes off.
  let soon = 0;
  desk.draft.whenTouched(() => {
    clearTimeout(soon);
    soon = setTimeout(() => desk.draft.isUnsaved() && keep(), 2000);
  });

  // A press of “save” while a save is under way waits for it: else it would meet its own newer version.
  form.addEventListener("submit", (event) => {
    if (!running) {
      keep();
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    running.finally(() => setTimeout(() => form.requestSubmit(button)));
  });

  // --- What was left behind the last time ---

  const left = copy();
  const box = document.getElementById("kept-text");
  const current = () => new Map([...desk.draft.data()].filter(([name]) => !SKIPPED.includes(name)));
  const differs = (fields) => {
    const now = current();
    return fields.some(([name, value]) => name !== "columns" && now.has(name) && now.get(name).trim() !== value.trim());
  };
  const offer = () => {
    if (!left || "unsaved" in form.dataset || !differs(left.fields)) {
      if (left && !("unsaved" in form.dataset)) drop();
      return;
    }
    box.querySelector("p").textContent = desk.say("kept", { time: new Date(left.at).toLocaleString() });
    box.hidden = false;
  };
  if (window.CKEDITOR && document.querySelector("textarea[data-type=ckeditortype]")) {
    window.CKEDITOR.on("instanceReady", offer);
  } else {
    offer();
  }
  document.getElementById("kept-restore").addEventListener("click", () => {
    restore(left.fields);
    box.hidden = true;
  });
  document.getElementById("kept-drop").addEventListener("click", () => {
    drop();
    box.hidden = true;
  });

  // --- Choosing between two texts ---

  document.getElementById("clash-keep-mine").addEventListener("click", () => {
    version.value = theirs.version;
    stopped = false;
    document.getElementById("clash").hidden = true;
    desk.draft.save();
    desk.draft.editor()?.focus();
  });
  document.getElementById("clash-take-theirs").addEventListener("click", () => {
    keep(); // offered on the page that opens now
    desk.draft.saved(desk.draft.changes());
    location.assign(location.pathname);
  });
}
