// The filters of the article list: a change submits the form; on wide windows the filters are open.
"use strict";
{
  const form = document.getElementById("article-filters");
  const filters = form.querySelector("details");
  if (window.matchMedia("(min-width: 60em)").matches) filters.open = true;
  form.addEventListener("change", ({ target }) => {
    if (target.matches("select, [type=checkbox]")) form.requestSubmit();
  });
  // Leave empty fields out of the URL.
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
}
