// Alt with an arrow follows the links to the previous and the next article of the queue, on the review page and on the
// result page. review.js listens to the text in the frame, too.
"use strict";
window.desk = window.desk || {};
{
  const OWN_ARROWS = "select, input:not([type=text], [type=hidden], [type=checkbox], [type=radio])";
  const LINKS = { ArrowUp: "turn-previous", ArrowDown: "turn-next" };

  desk.turn = (event) => {
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest?.(OWN_ARROWS)) return;
    const link = document.getElementById(LINKS[event.key]);
    if (!link) return;
    event.preventDefault();
    location.assign(link.href);
  };
  document.addEventListener("keydown", desk.turn);
}
