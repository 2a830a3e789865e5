// The filters of the list of articles: chosen is found, without a press of the button; on a wide window they stand open.
"use strict";
{
  const form = document.getElementById("finding");
  const more = form.querySelector("details");
  if (window.matchMedia("(min-width: 60em)").matches) more.open = true;
  form.addEventListener("change", ({ target }) => {
    if (target.matches("select, [type=checkbox]")) form.requestSubmit();
  });
  // Fields that say nothing make no part of the address.
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
}
