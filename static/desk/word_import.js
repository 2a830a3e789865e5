// Import of a Word document into the draft form; a list beside the editor says what was lost. paste_handler.js and
// typesetting.js share the functions in desk.word.
"use strict";
window.desk.word = {};
{
  const form = document.getElementById("article_form");
  const bar = document.getElementById("desk-word");
  const state = document.getElementById("word-state");
  const lossBox = document.getElementById("word-lost");

  const texts = {};
  for (const word of document.getElementById("word-texts").content.children) texts[word.dataset.name] = word.textContent;
  const text = (name, values = {}) => texts[name].replace(/\{(\w+)\}/g, (placeholder, key) => values[key] ?? placeholder);

  const showStatus = (sentence) => {
    state.textContent = sentence;
  };

  // List what readers would miss, each sentence once, until the user closes the list.
  const showLosses = (sentences) => {
    const list = lossBox.querySelector("ul");
    const listed = new Set([...list.children].map((item) => item.textContent));
    for (const sentence of sentences) {
      if (listed.has(sentence)) continue;
      listed.add(sentence);
      list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
    }
    lossBox.hidden = !list.children.length;
  };
  document.getElementById("word-lost-close").addEventListener("click", () => {
    lossBox.hidden = true;
    lossBox.querySelector("ul").replaceChildren();
    desk.word.editor()?.focus();
  });

  // POST to the server and return its answer. Throws an Error with a message to show; `isFinal` means a refusal.
  const postOrThrow = async (address, body) => {
    const { status, answer, problem } = await desk.post(address, body);
    if (!answer) throw new Error(problem);
    if (status !== 200 || answer.error) {
      throw Object.assign(new Error(answer.error ?? desk.text("broken")), { isFinal: Boolean(answer.error) });
    }
    return answer;
  };

  const editor = () => Object.values(window.CKEDITOR?.instances ?? {})[0];

  // Replace the text with HTML as one step of the editor's undo. Resolves when the editor shows it.
  const replaceText = (html) =>
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

  const noteNumber = (element) => Number(/\d+$/.exec(element.id)[0]);
  const setLinkTarget = (link, target) => {
    link.setAttribute("href", target);
    if (link.hasAttribute("data-cke-saved-href")) link.setAttribute("data-cke-saved-href", target);
  };
  const findNoteMarks = (root) => [...root.querySelectorAll('a[id^="fnref-"]')];
  const findNotes = (root) => [...root.querySelectorAll('li[id^="fn-"]')];
  const numberNote = (mark, note, number) => {
    if (mark) {
      mark.id = `fnref-${number}`;
      mark.textContent = `[${number}]`;
      setLinkTarget(mark, `#fn-${number}`);
    }
    if (note) {
      for (const back of note.querySelectorAll('a[href^="#fnref-"]')) setLinkTarget(back, `#fnref-${number}`);
      note.id = `fn-${number}`;
    }
  };

  // Renumber the notes in `coming` if their ids collide with those in `present`.
  const renumberNotes = (coming, present) => {
    const taken = [...findNoteMarks(present), ...findNotes(present)];
    const ids = new Set(taken.map((element) => element.id));
    const brought = [...findNoteMarks(coming), ...findNotes(coming)];
    if (!brought.some((element) => ids.has(element.id))) return;
    const highest = Math.max(0, ...taken.map(noteNumber));
    for (const mark of findNoteMarks(coming)) numberNote(mark, null, noteNumber(mark) + highest);
    for (const note of findNotes(coming)) numberNote(null, note, noteNumber(note) + highest);
  };

  // Move all notes into one list at the end, in the order of their marks. Returns whether anything changed.
  const orderNotes = (root) => {
    const before = root.innerHTML;
    const notes = new Map(findNotes(root).map((note) => [note.id, note]));
    const pairs = [];
    for (const mark of findNoteMarks(root)) {
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

  Object.assign(desk.word, { form, bar, text, showStatus, showLosses, postOrThrow, editor, replaceText, renumberNotes, orderNotes });

  // --- A document ---

  const file = document.getElementById("word-file");
  const choiceDialog = document.getElementById("word-choice");
  const title = form.elements.namedItem("title");
  const subtitle = form.elements.namedItem("subtitle");
  const fillField = (field, value) => {
    if (!field || !value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const isEmpty = () => !title.value.trim() && !editor().editable().getText().trim() && !editor().editable().findOne("img");

  const appendHtml = (html) => {
    const page = new DOMParser().parseFromString(editor().getData(), "text/html");
    const coming = new DOMParser().parseFromString(html, "text/html");
    renumberNotes(coming.body, page.body);
    page.body.append(...coming.body.childNodes);
    orderNotes(page.body);
    return page.body.innerHTML;
  };

  // Resolves to “replace”, “append” or "".
  const askHowToInsert = (documentTitle) =>
    new Promise((resolve) => {
      document.getElementById("word-choice-title").textContent = documentTitle
        ? text("found_title", { title: documentTitle })
        : "";
      choiceDialog.returnValue = "";
      choiceDialog.addEventListener("close", () => resolve(choiceDialog.returnValue), { once: true });
      choiceDialog.showModal();
    });

  const importDocument = async (documentFile) => {
    showStatus(text("reading", { name: documentFile.name }));
    const button = document.getElementById("word-import");
    button.disabled = true;
    try {
      const data = new FormData();
      data.set("file", documentFile);
      const answer = await postOrThrow(bar.dataset.word, data);
      const way = isEmpty() ? "replace" : await askHowToInsert(answer.title);
      if (!way) {
        showStatus("");
        return;
      }
      await replaceText(way === "append" ? appendHtml(answer.html) : answer.html);
      if (way === "replace" || !title.value.trim()) {
        fillField(title, answer.title);
        fillField(subtitle, answer.subtitle);
      }
      showLosses([...answer.lost, ...(title.value.trim() ? [] : [text("no_title")])]);
      showStatus(text("brought", { name: documentFile.name }));
    } catch (problem) {
      showStatus("");
      showLosses([`${documentFile.name}: ${problem.message}`]);
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
    if (chosen) importDocument(chosen);
  });
  for (const dialog of document.querySelectorAll("#word-choice, #typesetting")) {
    dialog.addEventListener("click", ({ target }) => {
      if (target.closest("button")) dialog.close(target.closest("button").value);
    });
  }

  // Insert the bar above the editor, which creates its own container.
  const insertBar = (instance) => {
    instance.container.$.before(bar);
    bar.hidden = false;
  };
  if (window.CKEDITOR) {
    const present = editor();
    if (present?.status === "ready") insertBar(present);
    else window.CKEDITOR.on("instanceReady", ({ editor: instance }) => insertBar(instance));
  }
}
