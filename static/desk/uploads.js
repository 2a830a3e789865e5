// Uploads: dropped, selected or pasted files are uploaded at once with a progress bar. Hidden fields of the form list
// the files of the article.
"use strict";
{
  const form = desk.draft.form;
  desk.maxFileBytes = Number(form.dataset.maxFileMb) * 1024 * 1024; // the server has the last word
  const field = (name) => form.elements.namedItem(name);
  const progressList = document.getElementById("upload-list");

  const createElement = (tag, properties = {}, ...children) => {
    const created = Object.assign(document.createElement(tag), properties);
    created.append(...children);
    return created;
  };

  // Upload a file and show its progress. Returns the answer of the server, or null after a refusal, which it shows.
  desk.upload = async (file, only = "") => {
    const bar = createElement("progress", { max: 100, value: 0 });
    const words = createElement("span", { textContent: desk.text("uploading", { percent: "0%", name: file.name }) });
    const row = createElement("li", {}, words, bar);
    bar.setAttribute("aria-label", file.name);
    progressList.append(row);
    const refuse = (why) => {
      bar.remove();
      words.textContent = desk.text("not_uploaded", { name: file.name, why });
      row.className = "is-refused";
      return null;
    };
    for (const old of progressList.querySelectorAll(".is-refused")) old.remove();
    if (file.size > desk.maxFileBytes) return refuse(desk.text("too_large"));
    const data = new FormData();
    data.set("file", file, file.name);
    if (only) data.set("only", only);
    const { status, answer, problem } = await desk.post(form.dataset.upload, data, (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((100 * event.loaded) / event.total);
      words.textContent = desk.text("uploading", { percent: `${bar.value}%`, name: file.name });
    });
    if (status !== 200 || !answer) return refuse(answer?.error ?? problem ?? desk.text("broken"));
    row.remove();
    return answer;
  };

  // --- Attachments ---

  const list = document.getElementById("attachments");
  let rows = [];
  const readRows = () => {
    try {
      rows = JSON.parse(field("attachments").value || "[]");
    } catch {
      rows = [];
    }
  };
  const writeRows = () => {
    field("attachments").value = JSON.stringify(rows);
    desk.draft.markChanged();
  };
  const formatSize = (bytes) => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);
  const actionButton = (sign, words, onClick, disabled = false) => {
    const button = createElement("button", { type: "button", className: "desk-icon-button", textContent: sign, disabled });
    button.setAttribute("aria-label", words);
    button.title = words;
    button.addEventListener("click", onClick);
    return button;
  };
  const input = (row, name, words) => {
    const created = createElement("input", { type: "text", value: row[name] ?? "", placeholder: words, maxLength: name === "name" ? 200 : 300 });
    created.setAttribute("aria-label", words);
    created.addEventListener("input", () => {
      row[name] = created.value;
      field("attachments").value = JSON.stringify(rows);
    });
    return created;
  };
  const render = () => {
    list.replaceChildren(
      ...rows.map((row, index) => {
        const name = row.name || row.digest.slice(0, 8);
        const move = (offset) => {
          rows.splice(index + offset, 0, ...rows.splice(index, 1));
          writeRows();
          render();
          list.children[index + offset].querySelector(`.desk-icon-button:nth-of-type(${offset < 0 ? 1 : 2})`)?.focus();
        };
        const link = createElement("a", {
          href: row.url ?? "#",
          target: "_blank",
          className: "desk-muted",
          textContent: `${(row.extension ?? "").toUpperCase()} ${row.size ? formatSize(row.size) : ""}`,
        });
        return createElement(
          "li",
          {},
          input(row, "name", desk.text("name")),
          input(row, "caption", desk.text("caption")),
          createElement(
            "div",
            { className: "desk-icon-buttons" },
            link,
            actionButton("↑", desk.text("up", { name }), () => move(-1), index === 0),
            actionButton("↓", desk.text("down", { name }), () => move(1), index === rows.length - 1),
            actionButton("✕", desk.text("remove", { name }), () => {
              rows.splice(index, 1);
              writeRows();
              render();
              document.getElementById("attachment-files").focus();
            }),
          ),
        );
      }),
    );
  };
  const attach = async (files) => {
    for (const file of files) {
      const found = await desk.upload(file);
      if (!found) continue;
      if (rows.some((row) => row.digest === found.digest)) {
        progressList.append(
          createElement("li", { className: "is-refused", textContent: desk.text("not_uploaded", { name: file.name, why: desk.text("twice") }) }),
        );
        continue;
      }
      rows.push({ ...found, caption: "" });
      writeRows();
      render();
    }
  };
  readRows();
  render();

  document.getElementById("attachment-files").addEventListener("change", ({ target }) => {
    attach([...target.files]);
    target.value = "";
  });
  const dropZone = document.getElementById("drop-zone");
  // Without this, a file dropped beside the drop zone would replace the page and lose the text.
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dropZone.classList.add("is-drop-target");
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || dropZone.classList.remove("is-drop-target"));
  window.addEventListener("drop", (event) => {
    dropZone.classList.remove("is-drop-target");
    if (!hasFiles(event) || event.target.closest?.(".cke_editable")) return;
    event.preventDefault();
    attach([...event.dataTransfer.files]);
  });

  // --- The cover ---

  const cover = document.getElementById("cover");
  const removeCoverButton = document.getElementById("cover-none");
  const renderCover = (address) => {
    const shown = address
      ? createElement("img", { src: address, alt: "" })
      : createElement("p", { className: "desk-muted", textContent: desk.text("no_cover") });
    cover.replaceChildren(shown);
    removeCoverButton.hidden = !address;
  };
  const setCover = (digest, address) => {
    field("cover").value = digest;
    renderCover(address);
    desk.draft.markChanged();
  };
  renderCover(cover.dataset.picture);
  document.getElementById("cover-file").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    target.value = "";
    const found = file && (await desk.upload(file, "picture"));
    if (found) setCover(found.digest, found.url);
  });
  document.getElementById("cover-from-body").addEventListener("click", () => {
    const found = /\/files\/([0-9a-f]{64})\.[a-z0-9]+/.exec(desk.draft.bodyHtml());
    if (found) setCover(found[1], found[0]);
  });
  removeCoverButton.addEventListener("click", () => {
    setCover("", "");
    document.getElementById("cover-file").focus();
  });

  form.addEventListener("restored", () => {
    readRows();
    render();
    const digest = field("cover").value;
    const known = rows.find((row) => row.digest === digest)?.url ?? new RegExp(`/files/${digest}\\.[a-z0-9]+`).exec(desk.draft.bodyHtml())?.[0];
    renderCover(digest ? (known ?? cover.querySelector("img")?.src ?? "") : "");
  });

  // --- Pictures in the text ---

  if (window.CKEDITOR) {
    const picker = createElement("input", { type: "file", accept: "image/jpeg,image/png,image/gif,image/webp", multiple: true, hidden: true });
    document.body.append(picker);
    picker.addEventListener("change", async () => {
      const editor = desk.draft.editor();
      for (const file of [...picker.files]) {
        const found = await desk.upload(file, "picture");
        if (!found) {
          progressList.scrollIntoView({ block: "center" });
          continue;
        }
        // A name in Chinese was given by somebody and says what there is to see; IMG_2041 says nothing.
        const words = /\p{Script=Han}/u.test(found.name) ? found.name : "";
        const image = createElement("img", { src: found.url, alt: words });
        image.setAttribute("src", found.url);
        const figure = createElement("figure", { className: "image" }, image, createElement("figcaption", { textContent: words }));
        editor.focus();
        // A picture that is selected would be replaced by the new one.
        const selected = editor.widgets.focused;
        if (selected) {
          const behind = editor.createRange();
          behind.moveToPosition(selected.wrapper, window.CKEDITOR.POSITION_AFTER_END);
          behind.select();
        }
        editor.insertHtml((words ? figure : image).outerHTML);
        if (!words && picker.files.length === 1) {
          const widget = Object.values(editor.widgets.instances).find((one) => one.data.src === found.url && !one.data.alt);
          widget?.focus();
          widget?.edit(); // asks what there is to see
        }
      }
      picker.value = "";
    });
    window.CKEDITOR.plugins.add("deskpicture", {
      init: (editor) => {
        const icon = `${window.CKEDITOR.plugins.getPath("image2")}icons/hidpi/image.png`;
        editor.addCommand("deskpicture", { exec: () => picker.click(), async: true });
        editor.ui.addButton("DeskPicture", { label: desk.text("picture"), command: "deskpicture", toolbar: "insert", icon });
      },
    });
  }
}
