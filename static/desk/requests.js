// POST requests of the draft form, with a CSRF token that is renewed after a new sign-in in another tab, and error
// messages to show. Also defines desk.text(), which all scripts of the form use.
"use strict";
window.desk = window.desk || {};
{
  // Texts by their names in articles/editing/script_texts.py; {name} is a placeholder.
  const texts = JSON.parse(document.getElementById("script-texts").textContent);
  desk.text = (name, values = {}) => texts[name].replace(/\{(\w+)\}/g, (placeholder, key) => values[key] ?? placeholder);

  const form = document.getElementById("article_form");
  const tokens = () => document.querySelectorAll("input[name=csrfmiddlewaretoken]");

  const send = (address, body, progress) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      request.setRequestHeader("X-CSRFToken", tokens()[0].value);
      request.setRequestHeader("Accept", "application/json");
      if (progress) request.upload.addEventListener("progress", progress);
      request.addEventListener("loadend", () => {
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          // HTML instead of JSON: the user is signed out or lacks the permission.
        }
        resolve({ status: request.status, answer });
      });
      body.delete("csrfmiddlewaretoken"); // it may be outdated, and Django prefers it to the header
      request.send(body);
    });

  const renewToken = async () => {
    try {
      const response = await fetch(form.dataset.token, { headers: { Accept: "application/json" } });
      const { token, person } = await response.json();
      // Another user has signed in meanwhile and must not save this page.
      if (String(person) !== form.dataset.person) return false;
      for (const field of tokens()) field.value = token;
      return true;
    } catch {
      return false;
    }
  };

  // POST a FormData. Returns {status, answer}; if `answer` is null, `problem` is a message to show.
  desk.post = async (address, body, progress) => {
    let result = await send(address, body, progress);
    if (result.status === 403 && (await renewToken())) result = await send(address, body, progress);
    if (result.answer) return result;
    let problem = "broken";
    if (result.status === 0) problem = "offline";
    else if (result.status === 200) problem = "signed_out"; // the answer is the sign-in page
    else if (result.status === 403) problem = (await renewToken()) ? "refused" : "signed_out";
    return { ...result, problem: desk.text(problem) };
  };
}
