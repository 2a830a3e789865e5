// Label the boxes of Django's autocomplete fields, which lose the label of the <select> that they replace.
"use strict";
{
  const labelSelect = (select) => {
    const [label] = select.labels;
    const box = select.parentElement.querySelector(".select2-selection");
    const selection = box?.querySelector(".select2-selection__rendered");
    if (!label || !selection) return;
    label.id ||= `${select.id}-label`;
    box.setAttribute("aria-labelledby", `${label.id} ${selection.id}`);
    selection.setAttribute("aria-labelledby", label.id);
  };

  const labelAll = () => document.querySelectorAll("select.admin-autocomplete").forEach(labelSelect);
  // Django creates the boxes in a jQuery ready handler and when a row is added. Handlers registered later
  // run later. The "load" event can come before either.
  window.django?.jQuery?.(labelAll);
  document.addEventListener("formset:added", () => setTimeout(labelAll));
}
