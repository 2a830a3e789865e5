// What is pasted into the editor: Word's and WPS's HTML is cleaned (word_html.js), its pictures are uploaded at once or named
// as lost. The editor's own tools do what they do well: they recognise the moment, and find pictures in RTF.
"use strict";
if (window.CKEDITOR) {
  const { say, tell, name, ask, bar, cleaned, isOffice, keepApart, orderNotes } = deskWord;
  const tools = window.CKEDITOR.plugins.getPath("pastetools");
  const SHOWN = ["image/png", "image/jpeg", "image/gif"]; // of those that RTF holds
  const own = /^(?:\/|https?:\/\/[^/]+\/)files\/[0-9a-f]{64}\.[a-z0-9]+$/;

  const nameOf = (source) => {
    try {
      return decodeURIComponent(source.split(/[\\/]/).pop().split("?")[0]).slice(0, 80) || say("picture");
    } catch {
      return source.split(/[\\/]/).pop().slice(0, 80);
    }
  };

  // Pictures that Word only points to (file:///…) from the RTF that it puts beside the HTML, in the same order.
  const fromRtf = (page, rtf) => {
    const pointed = [...page.body.querySelectorAll("img")].filter((image) => /^file:|^[a-z]:\\/i.test(image.getAttribute("src") ?? ""));
    if (!pointed.length) return [];
    const all = rtf ? window.CKEDITOR.pasteFilters.image.extractFromRtf(rtf) : [];
    const shown = all.filter(({ type }) => SHOWN.includes(type));
    const found = all.length === pointed.length ? all : shown.length === pointed.length ? shown : [];
    const lost = [];
    pointed.forEach((image, place) => {
      const source = found[place] ? window.CKEDITOR.pasteFilters.image.createSrcWithBase64(found[place]) : null;
      if (source) {
        image.setAttribute("src", source);
        return;
      }
      const format = found[place]?.type?.split("/").pop().toUpperCase();
      const facts = { name: nameOf(image.getAttribute("src")), format };
      lost.push(say(format && format !== "UNKNOWN" ? "drawing" : "not_copied", facts));
      image.remove();
    });
    return lost;
  };

  // Pictures that nobody can take over are taken out and named.
  const withoutForeign = (page) => {
    const lost = [];
    for (const image of [...page.body.querySelectorAll("img")]) {
      const source = image.getAttribute("src") ?? "";
      const place = own.test(source) ? new URL(source, location.href) : null;
      if (place?.host === location.host) image.setAttribute("src", place.pathname);
      else if (!/^(?:data:image\/|blob:)/i.test(source)) {
        const host = /^https?:/i.test(source) ? new URL(source).host : "";
        const facts = { name: image.getAttribute("alt") || nameOf(source), host };
        lost.push(say(host ? "elsewhere" : "not_copied", facts));
        image.remove();
      }
    }
    return lost;
  };

  // Paragraphs that are pasted with the cursor in the last footnote belong to the text before the notes.
  const outOfNotes = (editor, data) => {
    if (!/<(?:p|h[2-4]|[uo]l|table)[\s>]/.test(data.dataValue ?? "")) return;
    const place = data.range ?? editor.getSelection()?.getRanges()[0];
    const note = place?.startContainer.getAscendant((one) => /^fn-\d/.test(one.getAttribute?.("id") ?? ""), true);
    if (!note) return;
    const list = note.getParent();
    const rule = list.getPrevious((one) => one.type === window.CKEDITOR.NODE_ELEMENT);
    data.range = editor.createRange();
    data.range.moveToPosition(rule?.is("hr") ? rule : list, window.CKEDITOR.POSITION_BEFORE_START);
  };

  const begin = (editor) => {
    editor.pasteTools.register({
      priority: 1, // before the editor's own filter of Word's HTML, which then has nothing to do
      filters: [`${tools}filter/common.js`, `${tools}filter/image.js`].map((file) => window.CKEDITOR.getUrl(file)),
      canHandle: ({ data }) => data.type !== "text" && isOffice(window.CKEDITOR.plugins.pastetools.getClipboardData(data, "text/html") ?? ""),
      handle: ({ data }) => {
        const { html, lost } = cleaned(window.CKEDITOR.plugins.pastetools.getClipboardData(data, "text/html"));
        const page = new DOMParser().parseFromString(html, "text/html");
        const missing = fromRtf(page, data.dataTransfer.getData("text/rtf", true));
        data.dataValue = page.body.innerHTML;
        data.type = "html";
        data.dontFilter = true;
        name([...lost, ...missing]);
      },
    });
    editor.on(
      "paste",
      ({ data }) => {
        if (!/<img|id="fn/.test(data.dataValue ?? "")) return;
        const page = new DOMParser().parseFromString(data.dataValue, "text/html");
        name(withoutForeign(page));
        keepApart(page.body, editor.editable().$);
        data.dataValue = page.body.innerHTML;
      },
      null,
      null,
      4, // before the editor's filter, which makes elements of it: their pictures would be asked for
    );
    editor.on("paste", ({ data }) => outOfNotes(editor, data), null, null, 900); // it comes into the text at 1000
    editor.on("afterPaste", () => {
      if (orderNotes(editor.editable().$)) editor.fire("saveSnapshot");
    });
    editor.on("change", () => bringAll(editor));
    bringAll(editor);
  };

  // --- Pictures in the text that the site does not have yet ---

  const begun = new WeakSet();
  let waiting = 0;

  const blobOf = async (source) => {
    if (source.startsWith("blob:")) return (await fetch(source)).blob();
    const [, type, coding, data] = /^data:([^;,]*)((?:;[^,]*)?),(.*)$/s.exec(source);
    const words = coding.includes("base64") ? atob(data) : decodeURIComponent(data);
    return new Blob([Uint8Array.from(words, (sign) => sign.charCodeAt(0))], { type });
  };
  const dataOf = (blob) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => resolve(reader.result));
      reader.addEventListener("error", () => reject(reader.error));
      reader.readAsDataURL(blob);
    });
  // Where pictures are widgets of the editor's, the widget says what is saved.
  const show = (editor, image, source) => {
    const widget = editor.widgets?.getByElement?.(new window.CKEDITOR.dom.element(image));
    if (widget?.data?.src) widget.setData("src", source);
    image.setAttribute("src", source);
    image.setAttribute("data-cke-saved-src", source);
  };

  // A widget that loses its picture breaks getData(), so the widget goes too. The words of its caption stay.
  const takeOut = (editor, image) => {
    const { element } = window.CKEDITOR.dom;
    const widget = editor.widgets?.getByElement?.(new element(image));
    if (!widget) {
      image.remove();
      return;
    }
    const words = widget.parts.caption?.getText().trim();
    if (words) {
      const paragraph = new element("p");
      paragraph.setText(words);
      paragraph.insertAfter(widget.wrapper);
    }
    editor.widgets.del(widget);
  };
  const placeOf = (editor, image) => {
    const before = document.createRange();
    before.setStart(editor.editable().$, 0);
    before.setEndBefore(image);
    const words = [...before.toString().replace(/[\s\u200b]+/g, " ").trim()].slice(-12).join("");
    return words ? say("after", { words }) : say("at_start");
  };
  const leaveOut = (editor, image, why) => {
    if (!image.isConnected) return;
    name([say("left_out", { name: image.alt || say("picture"), place: placeOf(editor, image), why })]);
    takeOut(editor, image);
  };

  // The picture's bytes. Throws an Error with `isFinal` for a picture that no further attempt could save.
  const readable = async (source) => {
    const final = (why) => Object.assign(new Error(why), { isFinal: true });
    const blob = await blobOf(source).catch(() => {
      throw final(say("unreadable"));
    });
    if (blob.size > desk.maxFileBytes) throw final(desk.say("too_large"));
    return blob;
  };

  const bring = async (editor, image) => {
    begun.add(image);
    waiting += 1;
    tell(say("uploading", { count: waiting }));
    const source = image.getAttribute("src");
    let isThere = false;
    let blob = null;
    try {
      blob = await readable(source);
      const data = new FormData();
      data.set("file", blob, `${image.alt || "image"}.${blob.type.split("/").pop()}`);
      data.set("only", "picture");
      const { url } = await ask(bar.dataset.upload, data);
      isThere = true;
      if (image.isConnected) show(editor, image, url);
    } catch (problem) {
      // Without a network it stays as it is: saving takes it to the server, too. A blob: would be gone by then.
      const kept = problem.isFinal || !source.startsWith("blob:") ? source : await dataOf(blob).catch(() => "");
      if (problem.isFinal || !kept) {
        leaveOut(editor, image, problem.isFinal ? problem.message : say("unreadable"));
      } else {
        if (kept !== source) show(editor, image, kept);
        name([say("not_uploaded", { name: image.alt || say("picture"), why: problem.message })]);
      }
    }
    waiting -= 1;
    tell(waiting ? say("uploading", { count: waiting }) : isThere ? say("uploaded") : "");
    editor.fire("updateSnapshot");
    editor.fire("change");
  };

  const bringAll = (editor) => {
    const found = editor.editable()?.$.querySelectorAll('img[src^="data:image/"], img[src^="blob:"]') ?? [];
    for (const image of found) {
      // The editor's own marks (anchors, hidden widgets) are pictures as well.
      if (!begun.has(image) && !image.matches("[data-cke-realelement], .cke_reset, .cke_widget_drag_handler")) bring(editor, image);
    }
  };

  const { editor } = deskWord;
  if (editor()?.status === "ready") begin(editor());
  else window.CKEDITOR.on("instanceReady", ({ editor: made }) => begin(made));
}
