// On the form that drafters write in: a Word document comes into the form, and what it lost is listed beside the editor.
// What pasting.js and typesetting.js need too is in `deskWord`.
"use strict";
window.deskWord = {};
{
  const form = document.getElementById("article_form");
  const bar = document.getElementById("desk-word");
  const state = document.getElementById("word-state");
  const lost = document.getElementById("word-lost");

  const words = {};
  for (const word of document.getElementById("word-words").content.children) words[word.dataset.name] = word.textContent;
  const say = (name, facts = {}) => words[name].replace(/\{(\w+)\}/g, (found, key) => facts[key] ?? found);

  const tell = (sentence) => {
    state.textContent = sentence;
  };

  // Lists what a reader would miss, each sentence once, until the person has seen it.
  const name = (sentences) => {
    const list = lost.querySelector("ul");
    const told = new Set([...list.children].map((item) => item.textContent));
    for (const sentence of sentences) {
      if (told.has(sentence)) continue;
      told.add(sentence);
      list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
    }
    lost.hidden = !list.children.length;
  };
  document.getElementById("word-lost-close").addEventListener("click", () => {
    lost.hidden = true;
    lost.querySelector("ul").replaceChildren();
    deskWord.editor()?.focus();
  });

  // POSTs to one of the form's helpers. Throws an Error whose message can be shown; `isFinal`: the server refused.
  const ask = async (address, body) => {
    const { status, answer, problem } = await desk.post(address, body);
    if (!answer) throw new Error(problem);
    if (status !== 200 || answer.error) {
      throw Object.assign(new Error(answer.error ?? desk.say("broken")), { isFinal: Boolean(answer.error) });
    }
    return answer;
  };

  const editor = () => Object.values(window.CKEDITOR?.instances ?? {})[0];

  // Puts HTML in place of the text, in a step of the editor's own undo. Resolves when it stands there.
  const put = (html) =>
    new Promise((resolve) => {
      const into = editor();
      into.fire("saveSnapshot");
      into.setData(html, {
        callback: () => {
          into.fire("saveSnapshot");
          into.fire("change");
          resolve();
        },
      });
    });

  // --- Footnotes: marks #fn-1 in the text, one list of notes at its end, both in the order of the marks ---

  const numberOf = (element) => Number(/\d+$/.exec(element.id)[0]);
  const lead = (link, target) => {
    link.setAttribute("href", target);
    if (link.hasAttribute("data-cke-saved-href")) link.setAttribute("data-cke-saved-href", target);
  };
  const marksIn = (root) => [...root.querySelectorAll('a[id^="fnref-"]')];
  const notesIn = (root) => [...root.querySelectorAll('li[id^="fn-"]')];
  const numberNote = (mark, note, number) => {
    if (mark) {
      mark.id = `fnref-${number}`;
      mark.textContent = `[${number}]`;
      lead(mark, `#fn-${number}`);
    }
    if (note) {
      for (const back of note.querySelectorAll('a[href^="#fnref-"]')) lead(back, `#fnref-${number}`);
      note.id = `fn-${number}`;
    }
  };

  // Numbers the notes in `coming` so that they clash with none in `present`, when one would.
  const keepApart = (coming, present) => {
    const taken = [...marksIn(present), ...notesIn(present)];
    const ids = new Set(taken.map((element) => element.id));
    const brought = [...marksIn(coming), ...notesIn(coming)];
    if (!brought.some((element) => ids.has(element.id))) return;
    const highest = Math.max(0, ...taken.map(numberOf));
    for (const mark of marksIn(coming)) numberNote(mark, null, numberOf(mark) + highest);
    for (const note of notesIn(coming)) numberNote(null, note, numberOf(note) + highest);
  };

  // Brings all notes into one list at the end, in the order in which the text calls them. True when something moved.
  const orderNotes = (root) => {
    const before = root.innerHTML;
    const notes = new Map(notesIn(root).map((note) => [note.id, note]));
    const pairs = [];
    for (const mark of marksIn(root)) {
      const note = notes.get((mark.getAttribute("data-cke-saved-href") ?? mark.getAttribute("href") ?? "").slice(1));
      if (note) {
        notes.delete(note.id);
        pairs.push([mark, note]);
      } else {
        mark.replaceWith(mark.textContent); // a mark that was copied without its note
      }
    }
    const ordered = [...pairs, ...[...notes.values()].map((note) => [null, note])];
    if (ordered.length) {
      const lists = new Set(ordered.map(([, note]) => note.parentElement));
      const rule = root.ownerDocument.createElement("hr");
      const list = root.ownerDocument.createElement("ol");
      ordered.forEach(([mark, note], place) => {
        numberNote(mark, note, place + 1);
        list.append(note);
      });
      for (const old of lists) {
        if (old.children.length) continue;
        if (old.previousElementSibling?.localName === "hr") old.previousElementSibling.remove();
        old.remove();
      }
      root.append(rule, list);
    }
    return root.innerHTML !== before;
  };

  Object.assign(deskWord, { form, bar, say, tell, name, ask, editor, put, keepApart, orderNotes });

  // --- A document ---

  const file = document.getElementById("word-file");
  const asking = document.getElementById("word-asking");
  const title = form.elements.namedItem("title");
  const subtitle = form.elements.namedItem("subtitle");
  const fill = (field, value) => {
    if (!field || !value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const isEmpty = () => !title.value.trim() && !editor().editable().getText().trim() && !editor().editable().findOne("img");

  const appended = (html) => {
    const page = new DOMParser().parseFromString(editor().getData(), "text/html");
    const coming = new DOMParser().parseFromString(html, "text/html");
    keepApart(coming.body, page.body);
    page.body.append(...coming.body.childNodes);
    orderNotes(page.body);
    return page.body.innerHTML;
  };

  // Resolves to “replace”, “append” or "".
  const choice = (document_title) =>
    new Promise((resolve) => {
      document.getElementById("word-asking-title").textContent = document_title
        ? say("found_title", { title: document_title })
        : "";
      asking.returnValue = "";
      asking.addEventListener("close", () => resolve(asking.returnValue), { once: true });
      asking.showModal();
    });

  const bring = async (document_file) => {
    tell(say("reading", { name: document_file.name }));
    const button = document.getElementById("word-import");
    button.disabled = true;
    try {
      const data = new FormData();
      data.set("file", document_file);
      const answer = await ask(bar.dataset.word, data);
      const way = isEmpty() ? "replace" : await choice(answer.title);
      if (!way) {
        tell("");
        return;
      }
      await put(way === "append" ? appended(answer.html) : answer.html);
      if (way === "replace" || !title.value.trim()) {
        fill(title, answer.title);
        fill(subtitle, answer.subtitle);
      }
      name([...answer.lost, ...(title.value.trim() ? [] : [say("no_title")])]);
      tell(say("brought", { name: document_file.name }));
    } catch (problem) {
      tell("");
      name([`${document_file.name}: ${problem.message}`]);
    } finally {
      button.disabled = false;
    }
  };

  document.getElementById("word-import").addEventListener("click", () => file.click());
  file.addEventListener("input", (event) => event.stopPropagation()); // nothing is unsaved yet
  file.addEventListener("change", (event) => {
    event.stopPropagation();
    const [chosen] = file.files;
    file.value = "";
    if (chosen) bring(chosen);
  });
  for (const dialog of document.querySelectorAll("#word-asking, #typesetting")) {
    dialog.addEventListener("click", ({ target }) => {
      if (target.closest("button")) dialog.close(target.closest("button").value);
    });
  }

  // The bar belongs right above the editor, which makes its own place.
  const place = (made) => {
    made.container.$.before(bar);
    bar.hidden = false;
  };
  if (window.CKEDITOR) {
    const present = editor();
    if (present?.status === "ready") place(present);
    else window.CKEDITOR.on("instanceReady", ({ editor: made }) => place(made));
  }
}
