// Passages of a text on a page, found again by what they say and what stands round them; as articles/text/passages.py does.
// Blanks do not count.
"use strict";
window.desk = window.desk || {};
{
  const CONTEXT = 32;

  // The text nodes under an element; of each character that is no blank, which one, and where in it.
  const read = (root) => {
    const places = [];
    let words = "";
    const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let at = 0; at < node.data.length; at += 1) {
        if (/\s/.test(node.data[at])) continue;
        words += node.data[at];
        places.push([node, at]);
      }
    }
    return { words, places };
  };

  const squeezed = (text) => (text || "").replace(/\s+/g, "");

  const common = (one, other) => {
    let length = 0;
    while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
    return length;
  };
  const reversed = (text) => [...text].reverse().join("");

  // The Range of a quote {exact, prefix, suffix} under an element; null where it does not stand.
  desk.findPassage = (root, quote) => {
    const exact = squeezed(quote.exact);
    if (!root || !exact) return null;
    const { words, places } = read(root);
    const before = reversed(squeezed(quote.prefix));
    const after = squeezed(quote.suffix);
    let best = -1;
    let likeness = -1;
    for (let at = words.indexOf(exact); at >= 0; at = words.indexOf(exact, at + 1)) {
      const alike =
        common(reversed(words.slice(Math.max(0, at - before.length), at)), before) +
        common(words.slice(at + exact.length, at + exact.length + after.length), after);
      if (alike > likeness) [best, likeness] = [at, alike];
    }
    if (best < 0) return null;
    const range = root.ownerDocument.createRange();
    range.setStart(...places[best]);
    const [node, at] = places[best + exact.length - 1];
    range.setEnd(node, at + 1);
    return range;
  };

  // The quote of a Range under an element.
  desk.quotePassage = (root, range) => {
    const before = root.ownerDocument.createRange();
    before.setStart(root, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const after = root.ownerDocument.createRange();
    after.setStart(range.endContainer, range.endOffset);
    after.setEnd(root, root.childNodes.length);
    return {
      exact: range.toString(),
      prefix: before.toString().slice(-CONTEXT),
      suffix: after.toString().slice(0, CONTEXT),
    };
  };

  // Puts an element made by `wrapper` round each piece of text in a Range; gives them.
  desk.wrapPassage = (range, wrapper) => {
    const within = range.commonAncestorContainer;
    const root = within.nodeType === Node.TEXT_NODE ? within.parentNode : within;
    const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (range.intersectsNode(node)) nodes.push(node);
    }
    const [start, from, end, to] = [range.startContainer, range.startOffset, range.endContainer, range.endOffset];
    return nodes.flatMap((node) => {
      const first = node === start ? from : 0;
      const last = node === end ? to : node.length;
      if (first >= last || !node.data.slice(first, last).trim()) return [];
      const piece = first ? node.splitText(first) : node;
      if (last - first < piece.length) piece.splitText(last - first);
      const around = wrapper();
      piece.replaceWith(around);
      around.append(piece);
      return [around];
    });
  };
}
