// Beside the form of a draft: a suggestion is taken over into the draft as it was saved last, so what is typed is saved
// first; and each remark leads to its passage in the editor.
"use strict";
{
  const section = document.getElementById("remarks");
  const note = section.querySelector(".remark-unsaved");
  const form = document.getElementById("article_form");

  section.addEventListener("submit", (event) => {
    const version = event.target.elements.namedItem("version");
    if (!version) return;
    if (desk.draft.isUnsaved()) {
      event.preventDefault();
      note.hidden = false;
      note.querySelector("button").focus();
      return;
    }
    // Saving by itself may have counted up since the page was loaded.
    version.value = form.elements.namedItem("version").value;
  });
  note.querySelector("button").addEventListener("click", () => {
    form.querySelector("button[name=_save]").click();
  });

  const show = (item) => {
    const title = form.elements.namedItem("title");
    if (item.dataset.field === "title") {
      const at = title.value.indexOf(item.dataset.exact);
      title.focus();
      if (at >= 0) title.setSelectionRange(at, at + item.dataset.exact.length);
      return;
    }
    const editor = desk.draft.editor();
    const within = editor?.editable()?.$;
    const range = desk.findPassage(within, item.dataset);
    const missing = item.querySelector(".remark-missing");
    missing.hidden = Boolean(range);
    if (!range) return;
    editor.focus();
    const selection = within.ownerDocument.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
  };
  for (const button of section.querySelectorAll(".review-jump")) {
    button.hidden = false;
    button.addEventListener("click", () => show(button.closest("[data-exact]")));
  }
}
