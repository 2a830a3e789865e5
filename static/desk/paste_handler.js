// Pasting into the editor: clean the HTML of Word and WPS (word_html.js), and upload its pictures or list them as lost.
// The editor's own tools recognise Office content and extract pictures from RTF.
"use strict";
if (window.CKEDITOR) {
  const { text, showStatus, showLosses, postOrThrow, bar, cleanHtml, isOfficeHtml, renumberNotes, orderNotes } = desk.word;
  const pluginPath = window.CKEDITOR.plugins.getPath("pastetools");
  const DISPLAYABLE_TYPES = ["image/png", "image/jpeg", "image/gif"]; // of those that RTF holds
  const OWN_FILE_URL = /^(?:\/|https?:\/\/[^/]+\/)files\/[0-9a-f]{64}\.[a-z0-9]+$/;

  const fileName = (source) => {
    try {
      return decodeURIComponent(source.split(/[\\/]/).pop().split("?")[0]).slice(0, 80) || text("picture");
    } catch {
      return source.split(/[\\/]/).pop().slice(0, 80);
    }
  };

  // Word's HTML only links to pictures (file:///…). Take them from the RTF, which holds them in the same order.
  const restoreImagesFromRtf = (page, rtf) => {
    const linkedImages = [...page.body.querySelectorAll("img")].filter((image) => /^file:|^[a-z]:\\/i.test(image.getAttribute("src") ?? ""));
    if (!linkedImages.length) return [];
    const all = rtf ? window.CKEDITOR.pasteFilters.image.extractFromRtf(rtf) : [];
    const shown = all.filter(({ type }) => DISPLAYABLE_TYPES.includes(type));
    const found = all.length === linkedImages.length ? all : shown.length === linkedImages.length ? shown : [];
    const lost = [];
    linkedImages.forEach((image, place) => {
      const source = found[place] ? window.CKEDITOR.pasteFilters.image.createSrcWithBase64(found[place]) : null;
      if (source) {
        image.setAttribute("src", source);
        return;
      }
      const format = found[place]?.type?.split("/").pop().toUpperCase();
      const values = { name: fileName(image.getAttribute("src")), format };
      lost.push(text(format && format !== "UNKNOWN" ? "drawing" : "not_copied", values));
      image.remove();
    });
    return lost;
  };

  // Remove pictures that cannot be uploaded, and return a sentence about each.
  const removeForeignImages = (page) => {
    const lost = [];
    for (const image of [...page.body.querySelectorAll("img")]) {
      const source = image.getAttribute("src") ?? "";
      const place = OWN_FILE_URL.test(source) ? new URL(source, location.href) : null;
      if (place?.host === location.host) image.setAttribute("src", place.pathname);
      else if (!/^(?:data:image\/|blob:)/i.test(source)) {
        const host = /^https?:/i.test(source) ? new URL(source).host : "";
        const values = { name: image.getAttribute("alt") || fileName(source), host };
        lost.push(text(host ? "elsewhere" : "not_copied", values));
        image.remove();
      }
    }
    return lost;
  };

  // Move paragraphs that are pasted into the last footnote in front of the notes.
  const movePasteOutOfNotes = (editor, data) => {
    if (!/<(?:p|h[2-4]|[uo]l|table)[\s>]/.test(data.dataValue ?? "")) return;
    const place = data.range ?? editor.getSelection()?.getRanges()[0];
    const note = place?.startContainer.getAscendant((one) => /^fn-\d/.test(one.getAttribute?.("id") ?? ""), true);
    if (!note) return;
    const list = note.getParent();
    const rule = list.getPrevious((one) => one.type === window.CKEDITOR.NODE_ELEMENT);
    data.range = editor.createRange();
    data.range.moveToPosition(rule?.is("hr") ? rule : list, window.CKEDITOR.POSITION_BEFORE_START);
  };

  const register = (editor) => {
    editor.pasteTools.register({
      priority: 1, // before the editor's own filter of Word's HTML, which then has nothing to do
      filters: [`${pluginPath}filter/common.js`, `${pluginPath}filter/image.js`].map((file) => window.CKEDITOR.getUrl(file)),
      canHandle: ({ data }) => data.type !== "text" && isOfficeHtml(window.CKEDITOR.plugins.pastetools.getClipboardData(data, "text/html") ?? ""),
      handle: ({ data }) => {
        const { html, lost } = cleanHtml(window.CKEDITOR.plugins.pastetools.getClipboardData(data, "text/html"));
        const page = new DOMParser().parseFromString(html, "text/html");
        const missing = restoreImagesFromRtf(page, data.dataTransfer.getData("text/rtf", true));
        data.dataValue = page.body.innerHTML;
        data.type = "html";
        data.dontFilter = true;
        showLosses([...lost, ...missing]);
      },
    });
    editor.on(
      "paste",
      ({ data }) => {
        if (!/<img|id="fn/.test(data.dataValue ?? "")) return;
        const page = new DOMParser().parseFromString(data.dataValue, "text/html");
        showLosses(removeForeignImages(page));
        renumberNotes(page.body, editor.editable().$);
        data.dataValue = page.body.innerHTML;
      },
      null,
      null,
      4, // before the editor's filter, which makes elements of it: their pictures would be asked for
    );
    editor.on("paste", ({ data }) => movePasteOutOfNotes(editor, data), null, null, 900); // it comes into the text at 1000
    editor.on("afterPaste", () => {
      if (orderNotes(editor.editable().$)) editor.fire("saveSnapshot");
    });
    editor.on("change", () => uploadAllImages(editor));
    uploadAllImages(editor);
  };

  // --- Pictures in the text that the site does not have yet ---

  const startedImages = new WeakSet();
  let pendingCount = 0;

  const toBlob = async (source) => {
    if (source.startsWith("blob:")) return (await fetch(source)).blob();
    const [, type, coding, data] = /^data:([^;,]*)((?:;[^,]*)?),(.*)$/s.exec(source);
    const words = coding.includes("base64") ? atob(data) : decodeURIComponent(data);
    return new Blob([Uint8Array.from(words, (sign) => sign.charCodeAt(0))], { type });
  };
  const toDataUrl = (blob) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => resolve(reader.result));
      reader.addEventListener("error", () => reject(reader.error));
      reader.readAsDataURL(blob);
    });
  // If the picture is an editor widget, the widget decides which source is saved.
  const setImageSource = (editor, image, source) => {
    const widget = editor.widgets?.getByElement?.(new window.CKEDITOR.dom.element(image));
    if (widget?.data?.src) widget.setData("src", source);
    image.setAttribute("src", source);
    image.setAttribute("data-cke-saved-src", source);
  };

  // A widget that loses its picture breaks getData(), so the widget goes too. The words of its caption stay.
  const removeImage = (editor, image) => {
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
  const describePosition = (editor, image) => {
    const before = document.createRange();
    before.setStart(editor.editable().$, 0);
    before.setEndBefore(image);
    const words = [...before.toString().replace(/[\s\u200b]+/g, " ").trim()].slice(-12).join("");
    return words ? text("after", { words }) : text("at_start");
  };
  const rejectImage = (editor, image, why) => {
    if (!image.isConnected) return;
    showLosses([text("left_out", { name: image.alt || text("picture"), place: describePosition(editor, image), why })]);
    removeImage(editor, image);
  };

  // Return the bytes of a picture. Throws an Error with `isFinal` if a retry cannot help.
  const readImage = async (source) => {
    const final = (why) => Object.assign(new Error(why), { isFinal: true });
    const blob = await toBlob(source).catch(() => {
      throw final(text("unreadable"));
    });
    if (blob.size > desk.maxFileBytes) throw final(desk.text("too_large"));
    return blob;
  };

  const uploadImage = async (editor, image) => {
    startedImages.add(image);
    pendingCount += 1;
    showStatus(text("uploading", { count: pendingCount }));
    const source = image.getAttribute("src");
    let isUploaded = false;
    let blob = null;
    try {
      blob = await readImage(source);
      const data = new FormData();
      data.set("file", blob, `${image.alt || "image"}.${blob.type.split("/").pop()}`);
      data.set("only", "picture");
      const { url } = await postOrThrow(bar.dataset.upload, data);
      isUploaded = true;
      if (image.isConnected) setImageSource(editor, image, url);
    } catch (problem) {
      // Keep the picture if only the network failed: saving uploads it too. A blob: would be gone by then.
      const kept = problem.isFinal || !source.startsWith("blob:") ? source : await toDataUrl(blob).catch(() => "");
      if (problem.isFinal || !kept) {
        rejectImage(editor, image, problem.isFinal ? problem.message : text("unreadable"));
      } else {
        if (kept !== source) setImageSource(editor, image, kept);
        showLosses([text("not_uploaded", { name: image.alt || text("picture"), why: problem.message })]);
      }
    }
    pendingCount -= 1;
    showStatus(pendingCount ? text("uploading", { count: pendingCount }) : isUploaded ? text("uploaded") : "");
    editor.fire("updateSnapshot");
    editor.fire("change");
  };

  const uploadAllImages = (editor) => {
    const found = editor.editable()?.$.querySelectorAll('img[src^="data:image/"], img[src^="blob:"]') ?? [];
    for (const image of found) {
      // The editor's own marks (anchors, hidden widgets) are pictures as well.
      if (!startedImages.has(image) && !image.matches("[data-cke-realelement], .cke_reset, .cke_widget_drag_handler")) uploadImage(editor, image);
    }
  };

  const { editor } = desk.word;
  if (editor()?.status === "ready") register(editor());
  else window.CKEDITOR.on("instanceReady", ({ editor: instance }) => register(instance));
}
