// Convert clipboard HTML of Word, WPS and Word for Mac to the HTML that the site stores: headings by their (Chinese)
// styles, real lists, plain tables, linked footnotes; no fonts, colours or mso- styles. The editor's own filter turns
// 一、 into bullets and drops footnotes, so it is not used for the structure.
"use strict";
{
  const { text } = desk.word;
  const HAN = "\\u2e80-\\u9fff\\uf900-\\ufaff\\uff00-\\uffef\\u3000-\\u303f“”‘’—…";
  const ALLOWED_ATTRIBUTES = {
    A: ["href", "id"],
    IMG: ["src", "alt", "width", "height"],
    OL: ["start"],
    LI: ["id"],
    TD: ["colspan", "rowspan", "class"],
    TH: ["colspan", "rowspan", "class"],
    ...Object.fromEntries(["P", "H2", "H3", "H4", "LI", "CAPTION"].map((tag) => [tag, ["class", "id"]])),
    ...Object.fromEntries(
      ["BR", "HR", "STRONG", "EM", "U", "S", "SUB", "SUP", "UL", "TABLE", "THEAD", "TBODY", "TFOOT", "TR", "BLOCKQUOTE", "PRE", "CODE"].map((tag) => [tag, []]),
    ),
  };
  const BLOCKS = "p,h1,h2,h3,h4,h5,h6,ul,ol,table,div,hr,blockquote,pre";

  desk.word.isOfficeHtml = (html) =>
    /<meta[^>]+(?:name|content)=["']?(?:generator|progid)[^>]*(?:microsoft|word|wps|kingsoft|excel|powerpoint)|class=["']?Mso|style=["'][^"']*\bmso-|<w:WordDocument|<o:p[\s>]|ksohtml/i.test(html);

  const declarations = (text) =>
    Object.fromEntries(
      (text ?? "")
        .split(";")
        .map((one) => one.split(/:(.*)/s))
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name.trim().toLowerCase(), value.trim().replace(/^["']|["']$/g, "")]),
    );
  const inlineStyle = (element) => declarations(element.getAttribute("style"));

  // Return the declarations of the style sheet by class name, heading tag or list level (“l0:level1”).
  const parseStyleSheet = (page) => {
    const sheet = {};
    for (const style of page.querySelectorAll("style")) {
      const text = style.textContent.replace(/\/\*.*?\*\/|<!--|-->/gs, "");
      for (const [, selectors, body] of text.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
        for (const selector of selectors.split(",")) {
          const named = /^\s*(?:@list\s+(l\d+:level\d)|[a-z0-9]*\.([\w-]+)|(h[1-6]))\s*$/i.exec(selector);
          if (!named) continue;
          const key = named[1] ?? named[2] ?? named[3].toLowerCase();
          sheet[key] = { ...sheet[key], ...declarations(body) };
        }
      }
    }
    return sheet;
  };

  const unwrap = (element) => element.replaceWith(...element.childNodes);
  const renameElement = (element, tag) => {
    const made = element.ownerDocument.createElement(tag);
    made.append(...element.childNodes);
    for (const { name, value } of element.attributes) made.setAttribute(name, value);
    element.replaceWith(made);
    return made;
  };
  const isEmpty = (element) => !element.textContent.replace(/[\s\u00a0\u200b]/g, "") && !element.querySelector("img,hr,[id^=fn]");

  // --- The steps of the clean-up, in order ---

  const removeHidden = (page, lost) => {
    const walker = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
    const comments = [];
    while (walker.nextNode()) comments.push(walker.currentNode);
    for (const comment of comments) comment.remove();
    for (const element of [...page.body.querySelectorAll("*")]) {
      const style = inlineStyle(element);
      const says = style["mso-element"] ?? "";
      if (/^comment/.test(says) || style["mso-special-character"] === "comment" || /msocom_/.test(element.id + (element.getAttribute("href") ?? ""))) {
        lost.add(text("comments"));
        element.remove();
      } else if (element.localName === "del") {
        lost.add(text("changes"));
        element.remove();
      } else if (element.localName === "ins") {
        lost.add(text("changes"));
        unwrap(element);
      } else if (style.display === "none" || style["mso-hide"] === "all" || ["style", "script", "meta", "link", "title", "xml", "noscript", "iframe", "object"].includes(element.localName)) {
        element.remove();
      } else if (element.localName.includes(":")) {
        if (element.localName.startsWith("v:")) element.remove();
        else unwrap(element);
      } else if (/^tr$/i.test(element.localName) && element.getAttribute("height") === "0") {
        element.remove(); // Word's row of widths under merged cells
      }
    }
  };

  // Footnotes and endnotes: _ftnref1 in the text, _ftn1 in a list behind it.
  const convertFootnotes = (page, lost) => {
    const marks = [];
    const bodies = new Map();
    for (const link of page.body.querySelectorAll("a[href]")) {
      const found = /#_(ftn|edn)(ref)?(\d+)$/.exec(link.getAttribute("href"));
      if (!found) continue;
      const key = `${found[1]}${found[3]}`;
      if (found[2]) bodies.set(key, link);
      else marks.push([key, link]);
    }
    const outermostSup = (link) => {
      const raised = link.closest("sup");
      return raised && raised.textContent.trim() === link.textContent.trim() ? raised : link;
    };
    const list = page.createElement("ol");
    for (const [key, mark] of marks) {
      const back = bodies.get(key);
      const raised = page.createElement("sup");
      outermostSup(mark).replaceWith(raised);
      if (!back) {
        raised.textContent = mark.textContent.trim();
        lost.add(text("lone_note", { mark: mark.textContent.trim() }));
        continue;
      }
      bodies.delete(key);
      const number = list.children.length + 1;
      raised.innerHTML = `<a href="#fn-${number}" id="fnref-${number}">[${number}]</a>`;
      const box = back.closest('div[id^="ftn"], div[id^="edn"], [style*="mso-element:footnote"], [style*="mso-element:endnote"]');
      const held = box && !/-list/.test(box.getAttribute("style") ?? "") ? box : (back.closest("p, li") ?? back.parentElement);
      outermostSup(back).remove();
      const note = page.createElement("li");
      note.id = `fn-${number}`;
      note.append(...(held.localName === "div" ? held.childNodes : [held.cloneNode(true)]));
      held.remove();
      const last = [...note.querySelectorAll("p")].pop() ?? note;
      last.append(" ", Object.assign(page.createElement("a"), { textContent: "↑" }));
      last.lastChild.setAttribute("href", `#fnref-${number}`);
      list.append(note);
    }
    for (const rest of page.body.querySelectorAll('[style*="mso-element:footnote-list"], [style*="mso-element:endnote-list"]')) rest.remove();
    if (list.children.length) page.body.append(page.createElement("hr"), list);
  };

  // Return the role of a paragraph, from its tag, its inline style or the styles of its classes.
  const roleOf = (paragraph, sheet) => {
    const own = inlineStyle(paragraph);
    const classes = [...paragraph.classList].map((one) => sheet[one] ?? {});
    const readProperty = (name) => own[name] ?? classes.map((one) => one[name]).find(Boolean) ?? sheet[paragraph.localName]?.[name];
    const name = readProperty("mso-style-name") ?? "";
    const titled = /^(?:标题|heading|title) ?([1-9])?$/i.exec(name);
    const outline = /^[1-6]$/.test(readProperty("mso-outline-level") ?? "") ? Number(readProperty("mso-outline-level")) : 0;
    const tag = /^h([1-6])$/.exec(paragraph.localName);
    const classed = /\bMso(?:Heading([1-9]))\b/.exec(paragraph.className);
    const level = Number(tag?.[1] ?? outline) || Number(titled?.[1] ?? classed?.[1] ?? 0);
    const isTitle = /\bMsoTitle\b/.test(paragraph.className) || (titled && !titled[1]);
    const side = (paragraph.getAttribute("align") ?? readProperty("text-align") ?? "").toLowerCase();
    return {
      level: level || (isTitle ? 1 : 0),
      side: { center: "center", right: "right", end: "right" }[side] ?? (isTitle ? "center" : ""),
      isContents: /\bMsoToc\d|\bMsoTocHeading/i.test(paragraph.className) || /^(?:toc|目录) ?\d/i.test(name),
      list: listOf(paragraph, own, classes, sheet),
    };
  };

  // Return {level, kind: ul, ol or "", number, label} of a numbered paragraph, or null.
  const listOf = (paragraph, own, classes, sheet) => {
    const listStyle = own["mso-list"] ?? classes.map((one) => one["mso-list"]).find(Boolean) ?? "";
    const place = /(l\d+) level(\d)/.exec(listStyle);
    const marker = paragraph.querySelector('[style*="mso-list:Ignore"], [style*="mso-list: Ignore"]');
    if (!marker && !place) return null;
    const level = Number(place?.[2] ?? 1);
    const defined = sheet[place ? `${place[1]}:level${level}` : ""] ?? {};
    const label = marker ? marker.textContent.replace(/[\s\u00a0]+/g, "") : "";
    const fonts = marker ? [marker, ...marker.querySelectorAll("*"), marker.parentElement].map((one) => `${one.getAttribute("style") ?? ""} ${one.getAttribute("face") ?? ""}`).join(" ") : "";
    marker?.remove();
    const counted = /^(\d{1,4})[.．、)）]?$/.exec(label);
    if (counted) return { level, kind: "ol", number: Number(counted[1]), label };
    if (!label) return { level, kind: /bullet|image/.test(defined["mso-level-number-format"] ?? "") ? "ul" : "ol", number: 0, label };
    const isBullet = /wingdings|symbol|webdings/i.test(fonts) || /^(?:[^\p{L}\p{N}（(]|o)$/u.test(label);
    return { level, kind: isBullet ? "ul" : "", number: 0, label };
  };

  const convertParagraphs = (page, lost) => {
    const sheet = parseStyleSheet(page);
    removeHidden(page, lost);
    convertFootnotes(page, lost);
    const read = [];
    for (const paragraph of [...page.body.querySelectorAll("p,h1,h2,h3,h4,h5,h6")]) {
      const role = roleOf(paragraph, sheet);
      if (role.isContents) {
        lost.add(text("contents"));
        paragraph.remove();
      } else if (isEmpty(paragraph)) {
        paragraph.remove();
      } else {
        read.push([paragraph, role, Boolean(paragraph.closest("td,th,li"))]);
      }
    }
    const levels = [...new Set(read.filter(([, role, isInside]) => role.level && !isInside).map(([, role]) => role.level))].sort();
    let open = []; // lists that may go on, the outermost first
    for (const [paragraph, role, isInside] of read) {
      const { list } = role;
      const place = isInside ? -1 : levels.indexOf(role.level);
      const tag = place < 0 ? "p" : `h${Math.min(place, 2) + 2}`;
      if (list && list.kind && tag === "p" && !paragraph.closest("li")) {
        open = addToList(paragraph, list, open);
        continue;
      }
      if (list?.label && list.kind !== "ul") paragraph.prepend(/[\w.)]$/.test(list.label) ? `${list.label} ` : list.label);
      const made = paragraph.localName === tag ? paragraph : renameElement(paragraph, tag);
      if (tag !== "p") for (const bold of [...made.querySelectorAll("b,strong")]) unwrap(bold);
      made.className = role.side ? `align-${role.side}` : "";
      open = [];
    }
  };

  const addToList = (paragraph, { level, kind, number }, open) => {
    const page = paragraph.ownerDocument;
    let stack = open.length && paragraph.previousElementSibling === open[0].list ? open : [];
    while (stack.length && stack.at(-1).level > level) stack = stack.slice(0, -1);
    if (stack.length && stack.at(-1).level === level && stack.at(-1).list.localName !== kind) stack = stack.slice(0, -1);
    if (!stack.length || stack.at(-1).level < level) {
      const list = page.createElement(kind);
      if (kind === "ol" && number > 1) list.setAttribute("start", number);
      if (stack.length) stack.at(-1).list.lastElementChild.append(list);
      else paragraph.before(list);
      stack = [...stack, { level, list }];
    }
    const item = page.createElement("li");
    item.append(...paragraph.childNodes);
    paragraph.remove();
    stack.at(-1).list.append(item);
    return stack;
  };

  // Replace inline styles by elements: font-weight by <strong>, and so on.
  const convertInlineStyles = (page) => {
    for (const element of [...page.body.querySelectorAll("b,i,strike,span,font")].reverse()) {
      const style = inlineStyle(element);
      const tags = [];
      if (element.localName === "b" || /^(?:bold|[6-9]00)/.test(style["font-weight"] ?? "")) tags.push("strong");
      if (element.localName === "i" || style["font-style"] === "italic") tags.push("em");
      if (element.localName === "strike" || /line-through/.test(style["text-decoration"] ?? "")) tags.push("s");
      if (/underline/.test(style["text-decoration"] ?? "") && !element.closest("a")) tags.push("u");
      if (/^super/.test(style["vertical-align"] ?? "") && !element.closest("sup") && !element.querySelector("sup")) tags.push("sup");
      if (/^sub/.test(style["vertical-align"] ?? "") && !element.closest("sub") && !element.querySelector("sub")) tags.push("sub");
      if (element.closest("h2,h3,h4") && tags.includes("strong")) tags.splice(tags.indexOf("strong"), 1);
      let inner = [...element.childNodes];
      if (element.textContent.trim()) {
        for (const tag of tags) {
          const made = page.createElement(tag);
          made.append(...inner);
          inner = [made];
        }
      }
      element.replaceWith(...inner);
    }
  };

  const cleanLinks = (page, lost) => {
    for (const link of [...page.body.querySelectorAll("a")]) {
      const href = (link.getAttribute("href") ?? "").trim();
      if (/^#fn(?:ref)?-\d+$/.test(href) || /^(?:https?:|mailto:|tel:)/i.test(href)) continue;
      if (/^(?:file:|[a-z]:\\|\\\\)/i.test(href) && !/#_/.test(href)) lost.add(text("local_link"));
      unwrap(link);
    }
  };

  const cleanTables = (page) => {
    for (const cell of page.body.querySelectorAll("td,th")) {
      const inside = cell.querySelectorAll(BLOCKS);
      if (inside.length === 1 && inside[0].localName === "p") {
        if (inside[0].className) cell.className = inside[0].className;
        unwrap(inside[0]);
      } else if (!inside.length) {
        const side = (cell.getAttribute("align") ?? inlineStyle(cell)["text-align"] ?? "").toLowerCase();
        cell.className = side === "center" || side === "right" ? `align-${side}` : "";
      } else {
        cell.className = "";
      }
      for (const span of ["colspan", "rowspan"]) if (!(Number(cell.getAttribute(span)) > 1)) cell.removeAttribute(span);
    }
    for (const cell of [...page.body.querySelectorAll("thead td")]) renameElement(cell, "th");
  };

  const stripAttributes = (page) => {
    for (const element of [...page.body.querySelectorAll("*")]) {
      const kept = ALLOWED_ATTRIBUTES[element.tagName];
      if (!kept) {
        if (element.localName === "div" && !element.querySelector(BLOCKS) && !element.closest("td,th,li")) renameElement(element, "p").removeAttribute("align");
        else unwrap(element);
        continue;
      }
      for (const { name } of [...element.attributes]) {
        const isOwn = name !== "class" || /^align-(?:center|right)$/.test(element.className);
        if (!kept.includes(name) || !isOwn) element.removeAttribute(name);
      }
      for (const measure of ["width", "height"]) if (/\D/.test(element.getAttribute(measure) ?? "")) element.removeAttribute(measure);
    }
    for (const paragraph of [...page.body.querySelectorAll("p")]) {
      for (const { name } of [...paragraph.attributes]) if (name !== "class") paragraph.removeAttribute(name);
    }
  };

  // Word breaks lines anywhere; between Hanzi a line break is not a space.
  const collapseWhitespace = (page) => {
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    const between = new RegExp(`(?<=[${HAN}])[ \\t]*[\\r\\n]+[ \\t]*(?=[${HAN}])`, "g");
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const data = text.data.replace(between, "").replace(/[\r\n\t]+/g, " ");
      if (!data.trim() && /^(?:body|table|thead|tbody|tfoot|tr|ul|ol)$/.test(text.parentElement.localName) && !data.includes("\u00a0")) text.remove();
      else text.data = data;
    }
    for (const note of page.body.querySelectorAll('li[id^="fn-"]')) {
      const first = page.createTreeWalker(note, NodeFilter.SHOW_TEXT).nextNode();
      first.data = first.data.replace(/^[\s\u00a0]+/, ""); // between its number and its words
    }
  };

  // Return {html, lost}. `lost` has a sentence for each thing that readers would miss, except pictures.
  desk.word.cleanHtml = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const lost = new Set();
    convertParagraphs(page, lost);
    cleanLinks(page, lost);
    convertInlineStyles(page);
    cleanTables(page);
    stripAttributes(page);
    page.body.normalize();
    collapseWhitespace(page);
    return { html: page.body.innerHTML.trim(), lost: [...lost] };
  };
}
