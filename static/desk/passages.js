// Find passages of a text by their words and context, ignoring whitespace, as articles/text/passages.py does.
"use strict";
window.desk = window.desk || {};
{
  const CONTEXT = 32;

  // Return the text under an element without whitespace, and [text node, offset] of each character.
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

  const withoutWhitespace = (text) => (text || "").replace(/\s+/g, "");

  const commonPrefixLength = (one, other) => {
    let length = 0;
    while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
    return length;
  };
  const reversed = (text) => [...text].reverse().join("");

  // Return the Range of a quote {exact, prefix, suffix} under an element, or null if it is not found.
  desk.findPassage = (root, quote) => {
    const exact = withoutWhitespace(quote.exact);
    if (!root || !exact) return null;
    const { words, places } = read(root);
    const before = reversed(withoutWhitespace(quote.prefix));
    const after = withoutWhitespace(quote.suffix);
    let bestPosition = -1;
    let bestScore = -1;
    for (let at = words.indexOf(exact); at >= 0; at = words.indexOf(exact, at + 1)) {
      const score =
        commonPrefixLength(reversed(words.slice(Math.max(0, at - before.length), at)), before) +
        commonPrefixLength(words.slice(at + exact.length, at + exact.length + after.length), after);
      if (score > bestScore) [bestPosition, bestScore] = [at, score];
    }
    if (bestPosition < 0) return null;
    const range = root.ownerDocument.createRange();
    range.setStart(...places[bestPosition]);
    const [node, at] = places[bestPosition + exact.length - 1];
    range.setEnd(node, at + 1);
    return range;
  };

  // Return the quote {exact, prefix, suffix} of a Range under an element.
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

  // Wrap each text node of a Range in an element created by `wrapper`. Returns the elements.
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
      const element = wrapper();
      piece.replaceWith(element);
      element.append(piece);
      return [element];
    });
  };
}
