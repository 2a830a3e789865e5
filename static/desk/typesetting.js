// 排版: shows what would change, paragraph by paragraph, takes it over when its writer says so, and takes it back.
"use strict";
{
  const { say, tell, name, ask, bar, editor, put } = deskWord;
  const MOST = 300; // paragraphs shown; all are set
  const dialog = document.getElementById("typesetting");
  const rows = document.getElementById("typesetting-rows");
  const button = document.getElementById("typeset");
  const undo = document.getElementById("typeset-undo");

  const element = (tag, facts = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), facts);
    made.append(...children);
    return made;
  };

  // Blanks are what 排版 takes away most, and nobody sees them: they are given a shape.
  const visible = (words) => {
    const parts = words.split(/([ \t\u00a0\u2002-\u200a\u3000\n]+)/);
    return parts.map((part, place) =>
      place % 2 ? element("span", { className: "desk-blank", textContent: part.replace(/\u3000/g, "□").replace(/\n/g, "⏎").replace(/[^□⏎]/g, "␣") }) : part,
    );
  };
  const piece = ([operation, words], side) => {
    if (operation === "=") return [words];
    return operation === side ? [element(side === "-" ? "del" : "ins", {}, ...visible(words))] : [];
  };
  const half = (change, side) => {
    const tag = side === "-" ? change.before : change.after;
    const other = side === "-" ? change.after : change.before;
    const made = element("div", { className: side === "-" ? "is-before" : "is-after" });
    made.append(element("span", { className: "desk-unseen", textContent: `${say(side === "-" ? "before" : "after")}: ` }));
    if (side === "+" && !tag) made.append(element("span", { className: "desk-quiet", textContent: say("removed") }));
    else if (/^h[2-4]$/.test(tag) && tag !== other) made.append(element("span", { className: "desk-tag", textContent: say(tag) }), " ");
    const words = element("span", { className: /^h[2-4]$/.test(tag) ? "is-heading" : "" });
    words.append(...change.pieces.flatMap((one) => piece(one, side)));
    made.append(words);
    return made;
  };
  const show = (changes) => {
    document.getElementById("typesetting-count").textContent = say("count", { count: changes.length });
    rows.replaceChildren(...changes.slice(0, MOST).map((change) => element("li", {}, half(change, "-"), half(change, "+"))));
    if (changes.length > MOST) rows.append(element("li", { className: "desk-quiet", textContent: say("more", { count: changes.length - MOST }) }));
    dialog.returnValue = "";
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "adopt"), { once: true });
      dialog.showModal();
      rows.scrollTop = 0;
    });
  };

  button.addEventListener("click", async () => {
    if (!editor().editable().getText().trim()) {
      tell(say("empty"));
      return;
    }
    button.disabled = true;
    tell(say("setting"));
    const before = editor().getData();
    try {
      const data = new FormData();
      data.set("body", before);
      const answer = await ask(bar.dataset.typeset, data);
      name(answer.lost);
      if (!answer.changes.length) {
        tell(say("nothing"));
        return;
      }
      tell("");
      if (await show(answer.changes)) await adopt(answer.html, before);
    } catch (problem) {
      tell(problem.message);
    } finally {
      button.disabled = false;
    }
  });

  // The button undoes as long as nothing else was written; then the editor's own undo goes step by step.
  let forget = () => {};
  const adopt = async (html, before) => {
    forget();
    await put(html);
    const set = editor().getData();
    const listener = editor().on("change", () => {
      if (editor().getData() !== set) forget();
    });
    const back = async () => {
      forget();
      await put(before);
      tell(say("undone"));
      editor().focus();
    };
    forget = () => {
      listener.removeListener();
      undo.removeEventListener("click", back);
      undo.hidden = true;
      forget = () => {};
    };
    undo.addEventListener("click", back);
    undo.hidden = false;
    undo.focus();
    tell(say("adopted"));
  };
}
