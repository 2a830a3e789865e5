// In the queue: all are ticked at once, and the button says how many it will approve.
"use strict";
{
  const form = document.getElementById("bulk");
  const all = document.getElementById("choose-all"); // absent while nothing can be ticked
  if (form && all) {
    const boxes = [...form.querySelectorAll("input[name=chosen]")];
    const button = document.getElementById("bulk-button");
    const plain = button.textContent;
    const say = () => {
      const count = boxes.filter((box) => box.checked).length;
      button.textContent = count ? button.dataset.count.replace("{count}", count) : plain;
      button.classList.toggle("desk-primary", count > 0);
      all.checked = count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    };
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      say();
    });
    form.addEventListener("change", say);
    window.addEventListener("pageshow", say); // a browser that goes back keeps the ticks
    say();
  }
}
