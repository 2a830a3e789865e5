// Remarks beside the draft form: accept a suggestion into the saved draft, and show the passage in the editor. Unsaved
// changes must be saved first.
"use strict";
{
  const section = document.getElementById("remarks");
  const unsavedNote = section.querySelector(".remark-unsaved");
  const form = document.getElementById("article_form");

  section.addEventListener("submit", (event) => {
    const version = event.target.elements.namedItem("version");
    if (!version) return;
    if (desk.draft.isUnsaved()) {
      event.preventDefault();
      unsavedNote.hidden = false;
      unsavedNote.querySelector("button").focus();
      return;
    }
    // An autosave may have raised the version since the page was loaded.
    version.value = form.elements.namedItem("version").value;
  });
  unsavedNote.querySelector("button").addEventListener("click", () => {
    form.querySelector("button[name=_save]").click();
  });

  const show = (item) => {
    const title = form.elements.namedItem("title");
    if (item.dataset.field === "title") {
      const position = title.value.indexOf(item.dataset.exact);
      title.focus();
      if (position >= 0) title.setSelectionRange(position, position + item.dataset.exact.length);
      return;
    }
    const editor = desk.draft.editor();
    const editable = editor?.editable()?.$;
    const range = desk.findPassage(editable, item.dataset);
    const missing = item.querySelector(".remark-missing");
    missing.hidden = Boolean(range);
    if (!range) return;
    editor.focus();
    const selection = editable.ownerDocument.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
  };
  for (const button of section.querySelectorAll(".review-show-passage")) {
    button.hidden = false;
    button.addEventListener("click", () => show(button.closest("[data-exact]")));
  }
}
