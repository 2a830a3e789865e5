// On every page of the desk: a form goes off once, an open drop-down closes by itself, and after a refusal the first
// field that it is about is in sight, which on a phone may be screens away.
"use strict";
{
  document.querySelector("[aria-invalid=true]")?.focus();

  const ONCE = "form.desk-form, form.desk-form-bulk, .desk-acts form";

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches(ONCE)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // After the browser has collected the fields: a button that is disabled before would not be among them.
    setTimeout(() => form.setAttribute("aria-busy", "true"));
  });

  // Somebody who comes back with the browser's button may send again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  const close = (event) => {
    for (const drop of document.querySelectorAll(".desk-drop[open]")) {
      if (event.type === "keydown") {
        if (event.key !== "Escape") continue;
        drop.querySelector("summary").focus();
      } else if (drop.contains(event.target)) continue;
      drop.open = false;
    }
  };
  document.addEventListener("click", close);
  document.addEventListener("keydown", close);
}
