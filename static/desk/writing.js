// On the form that drafters write in: what is typed counts as unsaved until it is saved, nothing is lost by leaving,
// and the fields help. What other scripts of the form need of it is in `desk.draft`.
"use strict";
{
  const form = document.getElementById("article_form");
  const state = form.querySelector(".desk-bar-state");
  const field = (name) => form.elements.namedItem(name);

  const editors = () => (window.CKEDITOR ? Object.values(window.CKEDITOR.instances) : []);
  // The editor fails on its own broken widgets. Then what it shows is sent, because the field still holds an old text,
  // or none; the server cleans it in any case.
  const htmlOf = (editor) => {
    try {
      return editor.getData();
    } catch {
      const shown = editor.editable().$.cloneNode(true);
      for (const tool of shown.querySelectorAll(".cke_reset, .cke_widget_drag_handler_container")) tool.remove();
      return shown.innerHTML;
    }
  };
  const updateField = () => {
    for (const editor of editors()) editor.element.$.value = htmlOf(editor);
  };

  // Each change counts up; a save notes the count that it began with, and what was typed since is unsaved still.
  let changes = "unsaved" in form.dataset ? 1 : 0;
  let kept = 0;
  const listeners = [];
  desk.draft = {
    form,
    changes: () => changes,
    isUnsaved: () => changes > kept,
    // Something in a field was changed by a script or a person.
    touch: () => {
      changes += 1;
      desk.draft.tell(desk.say("unsaved"), "unsaved");
      for (const listener of listeners) listener();
    },
    whenTouched: (listener) => listeners.push(listener),
    saved: (count) => {
      kept = Math.max(kept, count);
    },
    // The line in the bar at the bottom. `kind`: unsaved, saving, saved or problem.
    tell: (words, kind) => {
      if (state.textContent !== words) state.textContent = words;
      state.dataset.kind = kind;
    },
    // The fields as they stand, the body taken from the editor.
    data: () => {
      updateField();
      return new FormData(form);
    },
    body: () => {
      updateField();
      return field("body").value;
    },
    editor: () => editors()[0],
  };

  form.addEventListener("input", (event) => {
    if (event.target.type !== "file") desk.draft.touch();
  });
  form.addEventListener("submit", (event) => {
    updateField();
    if (!event.defaultPrevented) desk.draft.tell(desk.say("saving"), "saving");
  });
  window.addEventListener("beforeunload", (event) => {
    if (form.dataset.sent || !desk.draft.isUnsaved()) return;
    event.preventDefault();
    event.returnValue = true; // browsers before 2023 ask for this
  });
  window.addEventListener("pageshow", () => {
    if (desk.draft.isUnsaved()) desk.draft.tell(desk.say("unsaved"), "unsaved");
  });

  if (window.CKEDITOR) {
    // The dialogues ask for widths, borders and the like, which the site decides and the server would drop.
    const ofTables = ["txtWidth", "txtHeight", "txtBorder", "txtCellSpace", "txtCellPad", "cmbAlign", "txtSummary"];
    // The editor reads these all the same, so they are hidden only. The address comes from bringing the picture.
    const ofPictures = ["src", "width", "height", "lock", "align"];
    window.CKEDITOR.on("dialogDefinition", ({ data }) => {
      const page = data.definition.getContents("info");
      if (data.name === "table" || data.name === "tableProperties") {
        for (const name of ofTables) page.remove(name);
      } else if (data.name === "image2") {
        for (const name of ofPictures) {
          const part = page.get(name);
          part.hidden = true;
          part.style = "display: none";
        }
      }
    });
    window.CKEDITOR.on("instanceReady", ({ editor }) => {
      // What the editor makes of the text when it opens it is no change of anybody's.
      editor.on("change", () => desk.draft.touch());
      // Links to the body and its label lead to the hidden field otherwise.
      for (const label of document.querySelectorAll(`label[for="${editor.name}"]`)) {
        label.addEventListener("click", () => editor.focus());
      }
    });
  }

  for (const group of form.querySelectorAll("details")) {
    const filled = [...group.querySelectorAll("input, select, textarea")].some((one) =>
      one.type === "checkbox" ? one.checked : one.value,
    );
    if (filled || group.querySelector(".errorlist")) group.open = true;
  }

  // The fields of official documents stand first where the column asks for them.
  const documents = document.getElementById("document-fields");
  const departments = form.dataset.documents.split(" ").filter(Boolean);
  const suit = () => {
    const asked = departments.includes(field("department").value);
    documents.classList.toggle("is-asked", asked);
    if (asked) documents.querySelector("details").open = true;
  };
  field("department").addEventListener("change", suit);
  suit();

  const title = field("title");
  const length = document.getElementById("title-length");
  const measure = () => {
    const count = [...title.value.trim()].length;
    length.textContent = count ? desk.say(count > 30 ? "long" : "length", { count }) : "";
    length.classList.toggle("is-long", count > 30);
  };
  title.addEventListener("input", measure);
  measure();

  // What the summary will be when it is left empty: as articles.drafts.generate_summary makes it.
  const summary = field("summary");
  const suggest = () => {
    const page = new DOMParser().parseFromString(desk.draft.body(), "text/html");
    const words = page.body.textContent.split(/\s+/).join(" ").trim();
    const text = words.length <= 120 ? words : `${words.slice(0, 119).trimEnd()}…`;
    summary.placeholder = text ? desk.say("summary", { text }) : "";
  };
  summary.addEventListener("focus", suggest);
  window.CKEDITOR?.on("instanceReady", suggest);

  // Keywords from the text, to be taken one by one.
  const keywords = field("keywords");
  const suggested = document.getElementById("suggested-keywords");
  document.getElementById("suggest-keywords").addEventListener("click", async () => {
    const asked = new FormData();
    asked.set("title", title.value);
    asked.set("body", desk.draft.body());
    const { answer, problem } = await desk.post(form.dataset.keywords, asked);
    const present = keywords.value.split(/[\s,，、;；]+/);
    const found = (answer?.keywords ?? []).filter((word) => !present.includes(word));
    suggested.textContent = problem ?? (found.length ? "" : desk.say("no_keywords"));
    for (const word of found) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "desk-chip";
      chip.textContent = `+ ${word}`;
      chip.setAttribute("aria-label", desk.say("add_keyword", { name: word }));
      chip.addEventListener("click", () => {
        keywords.value = [keywords.value.trim(), word].filter(Boolean).join(" ");
        (chip.nextElementSibling ?? chip.previousElementSibling ?? keywords).focus();
        chip.remove();
        desk.draft.touch();
      });
      suggested.append(chip);
    }
  });
}
