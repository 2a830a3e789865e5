// All pages of the desk: send a form only once, close open menus on Escape or an outside click, and focus the first
// invalid field, which may be screens away on a phone. Also delete the copy of a form that was saved.
"use strict";
{
  document.querySelector("[aria-invalid=true]")?.focus();

  // The server has saved a draft form: delete the copy that this browser kept of it (autosave.js).
  const savedForm = /^#saved-([0-9a-f]{16})$/.exec(location.hash);
  if (savedForm) {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith("qianfa-draft:") && key.endsWith(`:${savedForm[1]}`)) localStorage.removeItem(key);
      }
    } catch {
      // Disabled: there is no copy.
    }
    history.replaceState(history.state, "", location.pathname + location.search);
  }

  const SINGLE_SUBMIT_FORMS = "form.desk-form, form.desk-form-bulk, .desk-actions form";

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches(SINGLE_SUBMIT_FORMS)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Wait until the browser has collected the fields.
    setTimeout(() => form.setAttribute("aria-busy", "true"));
  });

  // The form can be sent again after the browser's Back button.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  const closeMenus = (event) => {
    for (const menu of document.querySelectorAll(".desk-menu[open]")) {
      if (event.type === "keydown") {
        if (event.key !== "Escape") continue;
        menu.querySelector("summary").focus();
      } else if (menu.contains(event.target)) continue;
      menu.open = false;
    }
  };
  document.addEventListener("click", closeMenus);
  document.addEventListener("keydown", closeMenus);
}
