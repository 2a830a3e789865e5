// On the form that drafters write in: nothing typed is lost by leaving, and groups that hold something stand open.
"use strict";
{
  const form = document.getElementById("article_form");
  const state = form.querySelector(".desk-bar-state");
  let unsaved = "unsaved" in form.dataset;

  const editors = () => (window.CKEDITOR ? Object.values(window.CKEDITOR.instances) : []);
  const isUnsaved = () => unsaved || editors().some((editor) => editor.checkDirty());
  const say = () => {
    state.textContent = form.dataset.sent ? state.dataset.sending : isUnsaved() ? state.dataset.unsaved : "";
  };

  form.addEventListener("input", () => {
    unsaved = true;
    say();
  });
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) setTimeout(say);
  });
  window.addEventListener("beforeunload", (event) => {
    if (form.dataset.sent || !isUnsaved()) return;
    event.preventDefault();
    event.returnValue = true; // browsers before 2023 ask for this
  });
  window.addEventListener("pageshow", say);

  if (window.CKEDITOR) {
    // The dialogue for tables asks for widths, borders and the like, which the site decides and the server would drop.
    window.CKEDITOR.on("dialogDefinition", ({ data }) => {
      if (data.name !== "table" && data.name !== "tableProperties") return;
      const page = data.definition.getContents("info");
      for (const field of ["txtWidth", "txtHeight", "txtBorder", "txtCellSpace", "txtCellPad", "cmbAlign", "txtSummary"]) {
        page.remove(field);
      }
    });
    window.CKEDITOR.on("instanceReady", ({ editor }) => {
      editor.on("change", say);
      // Links to the body and its label lead to the hidden field otherwise.
      for (const label of document.querySelectorAll(`label[for="${editor.name}"]`)) {
        label.addEventListener("click", () => editor.focus());
      }
    });
  }

  for (const group of form.querySelectorAll("fieldset details")) {
    const filled = [...group.querySelectorAll("input, select, textarea")].some((field) => field.value);
    if (filled || group.querySelector(".errorlist")) group.open = true;
  }
}
