// Asking the server from a form: with its token, which is renewed when somebody signed in again in another tab, and with
// plain answers for what can go wrong. Used by the scripts of the form that drafters write in.
"use strict";
window.desk = window.desk || {};
{
  // The words of the page, by their names in articles/editing/script_texts.py; {name} in them is filled in.
  const words = JSON.parse(document.getElementById("writing-words").textContent);
  desk.say = (name, facts = {}) => words[name].replace(/\{(\w+)\}/g, (found, key) => facts[key] ?? found);

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
          // A page instead of an answer: somebody is signed out, or may not do this.
        }
        resolve({ status: request.status, answer });
      });
      body.delete("csrfmiddlewaretoken"); // which may be an old one, and would count before the header
      request.send(body);
    });

  const renewed = async () => {
    try {
      const response = await fetch(form.dataset.token, { headers: { Accept: "application/json" } });
      const { token, person } = await response.json();
      // Somebody else has signed in meanwhile: what is on this page is not theirs to save.
      if (String(person) !== form.dataset.person) return false;
      for (const field of tokens()) field.value = token;
      return true;
    } catch {
      return false;
    }
  };

  // POSTs a FormData. Gives {status, answer}: the answer as an object, or null with a `problem` that can be shown.
  desk.post = async (address, body, progress) => {
    let got = await send(address, body, progress);
    if (got.status === 403 && (await renewed())) got = await send(address, body, progress);
    if (got.answer) return got;
    let problem = "broken";
    if (got.status === 0) problem = "offline";
    else if (got.status === 200) problem = "signed_out"; // the sign-in page answered
    else if (got.status === 403) problem = (await renewed()) ? "refused" : "signed_out";
    return { ...got, problem: desk.say(problem) };
  };
}
