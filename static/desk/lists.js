// The boxes that Django's autocomplete puts in the place of a list to choose from lose the name of the field.
"use strict";
{
  const name = (select) => {
    const [label] = select.labels;
    const box = select.parentElement.querySelector(".select2-selection");
    const chosen = box?.querySelector(".select2-selection__rendered");
    if (!label || !chosen) return;
    label.id ||= `${select.id}-label`;
    box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    chosen.setAttribute("aria-labelledby", label.id);
  };

  const nameAll = () => document.querySelectorAll("select.admin-autocomplete").forEach(name);
  // Django makes them in a function that its jQuery calls once the page is ready, and when a row is added; what is
  // handed to jQuery later is called later. "load" can come before either.
  window.django?.jQuery?.(nameAll);
  document.addEventListener("formset:added", () => setTimeout(nameAll));
}
