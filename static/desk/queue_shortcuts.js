// Alt+Up and Alt+Down open the previous and the next article of the queue, on the review page and on the result page.
// review.js also listens for them in the frame.
"use strict";
window.desk = window.desk || {};
{
  const FIELDS_USING_ARROWS = "select, input:not([type=text], [type=hidden], [type=checkbox], [type=radio])";
  const LINKS = { ArrowUp: "queue-previous", ArrowDown: "queue-next" };

  desk.handleQueueShortcut = (event) => {
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest?.(FIELDS_USING_ARROWS)) return;
    const link = document.getElementById(LINKS[event.key]);
    if (!link) return;
    event.preventDefault();
    location.assign(link.href);
  };
  document.addEventListener("keydown", desk.handleQueueShortcut);
}
