// The queue: a checkbox that selects all rows, and a button that says how many articles it will approve.
"use strict";
{
  const form = document.getElementById("bulk");
  const selectAll = document.getElementById("select-all"); // absent if nothing can be selected
  if (form && selectAll) {
    const checkboxes = [...form.querySelectorAll("input[name=chosen]")];
    const button = document.getElementById("bulk-button");
    const defaultLabel = button.textContent;
    const updateButton = () => {
      const count = checkboxes.filter((box) => box.checked).length;
      button.textContent = count ? button.dataset.count.replace("{count}", count) : defaultLabel;
      button.classList.toggle("desk-primary", count > 0);
      selectAll.checked = count === checkboxes.length;
      selectAll.indeterminate = count > 0 && count < checkboxes.length;
    };
    selectAll.closest("label").hidden = false;
    selectAll.addEventListener("change", () => {
      for (const box of checkboxes) box.checked = selectAll.checked;
      updateButton();
    });
    form.addEventListener("change", updateButton);
    window.addEventListener("pageshow", updateButton); // the Back button keeps the selection
    updateButton();
  }
}
