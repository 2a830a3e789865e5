// Files: dropped, chosen or pasted, they go up at once, with their progress shown; which of them belong to the text
// stands in the form's hidden fields and is saved with it.
"use strict";
{
  const form = desk.draft.form;
  desk.maxFileBytes = Number(form.dataset.maxFileMb) * 1024 * 1024; // the server has the last word
  const field = (name) => form.elements.namedItem(name);
  const way = document.getElementById("files-on-their-way");

  const element = (tag, facts = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), facts);
    made.append(...children);
    return made;
  };

  // Brings a file up. Gives what the server says of it, or null when it refused, which then stands in the list.
  desk.upload = async (file, only = "") => {
    const bar = element("progress", { max: 100, value: 0 });
    const words = element("span", { textContent: desk.say("uploading", { percent: "0%", name: file.name }) });
    const row = element("li", {}, words, bar);
    bar.setAttribute("aria-label", file.name);
    way.append(row);
    const refuse = (why) => {
      bar.remove();
      words.textContent = desk.say("not_uploaded", { name: file.name, why });
      row.className = "is-refused";
      return null;
    };
    for (const old of way.querySelectorAll(".is-refused")) old.remove();
    if (file.size > desk.maxFileBytes) return refuse(desk.say("too_large"));
    const data = new FormData();
    data.set("file", file, file.name);
    if (only) data.set("only", only);
    const { status, answer, problem } = await desk.post(form.dataset.upload, data, (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((100 * event.loaded) / event.total);
      words.textContent = desk.say("uploading", { percent: `${bar.value}%`, name: file.name });
    });
    if (status !== 200 || !answer) return refuse(answer?.error ?? problem ?? desk.say("broken"));
    row.remove();
    return answer;
  };

  // --- Attachments ---

  const list = document.getElementById("attachments");
  let rows = [];
  const read = () => {
    try {
      rows = JSON.parse(field("attachments").value || "[]");
    } catch {
      rows = [];
    }
  };
  const write = () => {
    field("attachments").value = JSON.stringify(rows);
    desk.draft.touch();
  };
  const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);
  const act = (sign, words, does, disabled = false) => {
    const button = element("button", { type: "button", className: "desk-mini", textContent: sign, disabled });
    button.setAttribute("aria-label", words);
    button.title = words;
    button.addEventListener("click", does);
    return button;
  };
  const input = (row, name, words) => {
    const made = element("input", { type: "text", value: row[name] ?? "", placeholder: words, maxLength: name === "name" ? 200 : 300 });
    made.setAttribute("aria-label", words);
    made.addEventListener("input", () => {
      row[name] = made.value;
      field("attachments").value = JSON.stringify(rows);
    });
    return made;
  };
  const draw = () => {
    list.replaceChildren(
      ...rows.map((row, place) => {
        const name = row.name || row.digest.slice(0, 8);
        const move = (by) => {
          rows.splice(place + by, 0, ...rows.splice(place, 1));
          write();
          draw();
          list.children[place + by].querySelector(`.desk-mini:nth-of-type(${by < 0 ? 1 : 2})`)?.focus();
        };
        const facts = element("a", {
          href: row.url ?? "#",
          target: "_blank",
          className: "desk-quiet",
          textContent: `${(row.extension ?? "").toUpperCase()} ${row.size ? size(row.size) : ""}`,
        });
        return element(
          "li",
          {},
          input(row, "name", desk.say("name")),
          input(row, "caption", desk.say("caption")),
          element(
            "div",
            { className: "desk-mini-acts" },
            facts,
            act("↑", desk.say("up", { name }), () => move(-1), place === 0),
            act("↓", desk.say("down", { name }), () => move(1), place === rows.length - 1),
            act("✕", desk.say("remove", { name }), () => {
              rows.splice(place, 1);
              write();
              draw();
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
        way.append(
          element("li", { className: "is-refused", textContent: desk.say("not_uploaded", { name: file.name, why: desk.say("twice") }) }),
        );
        continue;
      }
      rows.push({ ...found, caption: "" });
      write();
      draw();
    }
  };
  read();
  draw();

  document.getElementById("attachment-files").addEventListener("change", ({ target }) => {
    attach([...target.files]);
    target.value = "";
  });
  const here = document.getElementById("drop-here");
  // Dropped beside the mark, a file would replace the page and all that was typed in it.
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  window.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    here.classList.add("is-wanted");
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || here.classList.remove("is-wanted"));
  window.addEventListener("drop", (event) => {
    here.classList.remove("is-wanted");
    if (!carries(event) || event.target.closest?.(".cke_editable")) return;
    event.preventDefault();
    attach([...event.dataTransfer.files]);
  });

  // --- The cover ---

  const cover = document.getElementById("cover");
  const none = document.getElementById("cover-none");
  const drawCover = (address) => {
    const shown = address
      ? element("img", { src: address, alt: "" })
      : element("p", { className: "desk-quiet", textContent: desk.say("no_cover") });
    cover.replaceChildren(shown);
    none.hidden = !address;
  };
  const choose = (digest, address) => {
    field("cover").value = digest;
    drawCover(address);
    desk.draft.touch();
  };
  drawCover(cover.dataset.picture);
  document.getElementById("cover-file").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    target.value = "";
    const found = file && (await desk.upload(file, "picture"));
    if (found) choose(found.digest, found.url);
  });
  document.getElementById("cover-from-body").addEventListener("click", () => {
    const found = /\/files\/([0-9a-f]{64})\.[a-z0-9]+/.exec(desk.draft.body());
    if (found) choose(found[1], found[0]);
  });
  none.addEventListener("click", () => {
    choose("", "");
    document.getElementById("cover-file").focus();
  });

  form.addEventListener("restored", () => {
    read();
    draw();
    const digest = field("cover").value;
    const known = rows.find((row) => row.digest === digest)?.url ?? new RegExp(`/files/${digest}\\.[a-z0-9]+`).exec(desk.draft.body())?.[0];
    drawCover(digest ? (known ?? cover.querySelector("img")?.src ?? "") : "");
  });

  // --- Pictures in the text ---

  if (window.CKEDITOR) {
    const picker = element("input", { type: "file", accept: "image/jpeg,image/png,image/gif,image/webp", multiple: true, hidden: true });
    document.body.append(picker);
    picker.addEventListener("change", async () => {
      const editor = desk.draft.editor();
      for (const file of [...picker.files]) {
        const found = await desk.upload(file, "picture");
        if (!found) {
          way.scrollIntoView({ block: "center" });
          continue;
        }
        // A name in Chinese was given by somebody and says what there is to see; IMG_2041 says nothing.
        const words = /\p{Script=Han}/u.test(found.name) ? found.name : "";
        const image = element("img", { src: found.url, alt: words });
        image.setAttribute("src", found.url);
        const figure = element("figure", { className: "image" }, image, element("figcaption", { textContent: words }));
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
        editor.ui.addButton("DeskPicture", { label: desk.say("picture"), command: "deskpicture", toolbar: "insert", icon });
      },
    });
  }
}
