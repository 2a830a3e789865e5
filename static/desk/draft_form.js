// The draft form: track unsaved changes, warn before leaving, and help with single fields. Other scripts of the form
// use desk.draft.
"use strict";
{
  const form = document.getElementById("article_form");
  const state = form.querySelector(".desk-bar-status");
  const field = (name) => form.elements.namedItem(name);

  const editors = () => (window.CKEDITOR ? Object.values(window.CKEDITOR.instances) : []);
  // getData() fails on broken widgets. Then send the HTML that the editor shows, because the field holds an old text or
  // none. The server sanitises it in any case.
  const editorHtml = (editor) => {
    try {
      return editor.getData();
    } catch {
      const copy = editor.editable().$.cloneNode(true);
      for (const control of copy.querySelectorAll(".cke_reset, .cke_widget_drag_handler_container")) control.remove();
      return copy.innerHTML;
    }
  };
  const updateField = () => {
    for (const editor of editors()) editor.element.$.value = editorHtml(editor);
  };

  // Each change counts up. A save stores the count it started with, so that changes made meanwhile stay unsaved.
  let changeCount = "unsaved" in form.dataset ? 1 : 0;
  let savedCount = 0;
  const listeners = [];
  desk.draft = {
    form,
    changeCount: () => changeCount,
    isUnsaved: () => changeCount > savedCount,
    // Call this after a script or a person changed a field.
    markChanged: () => {
      changeCount += 1;
      desk.draft.showStatus(desk.text("unsaved"), "unsaved");
      for (const listener of listeners) listener();
    },
    onChange: (listener) => listeners.push(listener),
    markSaved: (count) => {
      savedCount = Math.max(savedCount, count);
    },
    // Show a message in the bar at the bottom. `kind`: unsaved, saving, saved or problem.
    showStatus: (words, kind) => {
      if (state.textContent !== words) state.textContent = words;
      state.dataset.kind = kind;
    },
    // The current fields, with the body taken from the editor.
    formData: () => {
      updateField();
      return new FormData(form);
    },
    bodyHtml: () => {
      updateField();
      return field("body").value;
    },
    editor: () => editors()[0],
  };

  form.addEventListener("input", (event) => {
    if (event.target.type !== "file") desk.draft.markChanged();
  });
  form.addEventListener("submit", (event) => {
    updateField();
    if (!event.defaultPrevented) desk.draft.showStatus(desk.text("saving"), "saving");
  });
  window.addEventListener("beforeunload", (event) => {
    if (form.dataset.sent || !desk.draft.isUnsaved()) return;
    event.preventDefault();
    event.returnValue = true; // browsers before 2023 ask for this
  });
  window.addEventListener("pageshow", () => {
    if (desk.draft.isUnsaved()) desk.draft.showStatus(desk.text("unsaved"), "unsaved");
  });

  if (window.CKEDITOR) {
    // The site sets widths, borders and the like; the server drops what the dialogs ask for.
    const REMOVED_TABLE_FIELDS = ["txtWidth", "txtHeight", "txtBorder", "txtCellSpace", "txtCellPad", "cmbAlign", "txtSummary"];
    // Hidden, not removed: the editor still reads these. The upload sets the URL.
    const HIDDEN_IMAGE_FIELDS = ["src", "width", "height", "lock", "align"];
    window.CKEDITOR.on("dialogDefinition", ({ data }) => {
      const page = data.definition.getContents("info");
      if (data.name === "table" || data.name === "tableProperties") {
        for (const name of REMOVED_TABLE_FIELDS) page.remove(name);
      } else if (data.name === "image2") {
        for (const name of HIDDEN_IMAGE_FIELDS) {
          const part = page.get(name);
          part.hidden = true;
          part.style = "display: none";
        }
      }
    });
    window.CKEDITOR.on("instanceReady", ({ editor }) => {
      // Listen only now: the editor's own changes while it loads the text are not edits.
      editor.on("change", () => desk.draft.markChanged());
      // Otherwise the label of the body focuses the hidden field.
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

  // Open and highlight the fields of official documents if the selected department asks for them.
  const documents = document.getElementById("document-fields");
  const departments = form.dataset.documents.split(" ").filter(Boolean);
  const updateDocumentFields = () => {
    const asked = departments.includes(field("department").value);
    documents.classList.toggle("is-expected", asked);
    if (asked) documents.querySelector("details").open = true;
  };
  field("department").addEventListener("change", updateDocumentFields);
  updateDocumentFields();

  const title = field("title");
  const titleLength = document.getElementById("title-length");
  const updateTitleLength = () => {
    const count = [...title.value.trim()].length;
    titleLength.textContent = count ? desk.text(count > 30 ? "long" : "length", { count }) : "";
    titleLength.classList.toggle("is-long", count > 30);
  };
  title.addEventListener("input", updateTitleLength);
  updateTitleLength();

  // Show the summary that articles.drafts.generate_summary would create from the text.
  const summary = field("summary");
  const updateSummaryPlaceholder = () => {
    const page = new DOMParser().parseFromString(desk.draft.bodyHtml(), "text/html");
    const words = page.body.textContent.split(/\s+/).join(" ").trim();
    const text = words.length <= 120 ? words : `${words.slice(0, 119).trimEnd()}…`;
    summary.placeholder = text ? desk.text("summary", { text }) : "";
  };
  summary.addEventListener("focus", updateSummaryPlaceholder);
  window.CKEDITOR?.on("instanceReady", updateSummaryPlaceholder);

  // Suggest keywords from the text, one button each.
  const keywords = field("keywords");
  const suggestionBox = document.getElementById("suggested-keywords");
  document.getElementById("suggest-keywords").addEventListener("click", async () => {
    const asked = new FormData();
    asked.set("title", title.value);
    asked.set("body", desk.draft.bodyHtml());
    const { answer, problem } = await desk.post(form.dataset.keywords, asked);
    const present = keywords.value.split(/[\s,，、;；]+/);
    const found = (answer?.keywords ?? []).filter((word) => !present.includes(word));
    suggestionBox.textContent = problem ?? (found.length ? "" : desk.text("no_keywords"));
    for (const word of found) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "desk-chip";
      chip.textContent = `+ ${word}`;
      chip.setAttribute("aria-label", desk.text("add_keyword", { name: word }));
      chip.addEventListener("click", () => {
        keywords.value = [keywords.value.trim(), word].filter(Boolean).join(" ");
        (chip.nextElementSibling ?? chip.previousElementSibling ?? keywords).focus();
        chip.remove();
        desk.draft.markChanged();
      });
      suggestionBox.append(chip);
    }
  });
}
