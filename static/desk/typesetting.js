// 排版 (typesetting): show the changes paragraph by paragraph, apply them on confirmation, and undo them.
"use strict";
{
  const { text, showStatus, showLosses, postOrThrow, bar, editor, replaceText } = desk.word;
  const MAX_ROWS_SHOWN = 300; // paragraphs shown; all are set
  const dialog = document.getElementById("typesetting");
  const rows = document.getElementById("typesetting-rows");
  const button = document.getElementById("typeset");
  const undoButton = document.getElementById("typeset-undo");

  const createElement = (tag, properties = {}, ...children) => {
    const created = Object.assign(document.createElement(tag), properties);
    created.append(...children);
    return created;
  };

  // 排版 mostly removes whitespace, which is invisible: show it as symbols.
  const withVisibleWhitespace = (words) => {
    const parts = words.split(/([ \t\u00a0\u2002-\u200a\u3000\n]+)/);
    return parts.map((part, index) =>
      index % 2 ? createElement("span", { className: "desk-blank", textContent: part.replace(/\u3000/g, "□").replace(/\n/g, "⏎").replace(/[^□⏎]/g, "␣") }) : part,
    );
  };
  const renderPiece = ([operation, words], side) => {
    if (operation === "=") return [words];
    return operation === side ? [createElement(side === "-" ? "del" : "ins", {}, ...withVisibleWhitespace(words))] : [];
  };
  const renderSide = (change, side) => {
    const tag = side === "-" ? change.before : change.after;
    const other = side === "-" ? change.after : change.before;
    const created = createElement("div", { className: side === "-" ? "is-before" : "is-after" });
    created.append(createElement("span", { className: "visually-hidden", textContent: `${text(side === "-" ? "before" : "after")}: ` }));
    if (side === "+" && !tag) created.append(createElement("span", { className: "desk-muted", textContent: text("removed") }));
    else if (/^h[2-4]$/.test(tag) && tag !== other) created.append(createElement("span", { className: "desk-tag", textContent: text(tag) }), " ");
    const words = createElement("span", { className: /^h[2-4]$/.test(tag) ? "is-heading" : "" });
    words.append(...change.pieces.flatMap((one) => renderPiece(one, side)));
    created.append(words);
    return created;
  };
  const confirmChanges = (changes) => {
    document.getElementById("typesetting-count").textContent = text("count", { count: changes.length });
    rows.replaceChildren(...changes.slice(0, MAX_ROWS_SHOWN).map((change) => createElement("li", {}, renderSide(change, "-"), renderSide(change, "+"))));
    if (changes.length > MAX_ROWS_SHOWN) rows.append(createElement("li", { className: "desk-muted", textContent: text("more", { count: changes.length - MAX_ROWS_SHOWN }) }));
    dialog.returnValue = "";
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "adopt"), { once: true });
      dialog.showModal();
      rows.scrollTop = 0;
    });
  };

  button.addEventListener("click", async () => {
    if (!editor().editable().getText().trim()) {
      showStatus(text("empty"));
      return;
    }
    button.disabled = true;
    showStatus(text("setting"));
    const before = editor().getData();
    try {
      const data = new FormData();
      data.set("body", before);
      const answer = await postOrThrow(bar.dataset.typeset, data);
      showLosses(answer.lost);
      if (!answer.changes.length) {
        showStatus(text("nothing"));
        return;
      }
      showStatus("");
      if (await confirmChanges(answer.changes)) await applyText(answer.html, before);
    } catch (problem) {
      showStatus(problem.message);
    } finally {
      button.disabled = false;
    }
  });

  // The undo button works until the text changes again; after that the editor's own undo applies.
  let hideUndo = () => {};
  const applyText = async (html, before) => {
    hideUndo();
    await replaceText(html);
    const set = editor().getData();
    const listener = editor().on("change", () => {
      if (editor().getData() !== set) hideUndo();
    });
    const undoTypesetting = async () => {
      hideUndo();
      await replaceText(before);
      showStatus(text("undone"));
      editor().focus();
    };
    hideUndo = () => {
      listener.removeListener();
      undoButton.removeEventListener("click", undoTypesetting);
      undoButton.hidden = true;
      hideUndo = () => {};
    };
    undoButton.addEventListener("click", undoTypesetting);
    undoButton.hidden = false;
    undoButton.focus();
    showStatus(text("adopted"));
  };
}
