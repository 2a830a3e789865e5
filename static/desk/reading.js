// On the pages that show an article in a frame: the frame is as tall as the article, so that the page scrolls and not
// the frame; and the button of the last step says what will happen.
"use strict";
{
  const fit = (frame) => {
    const page = frame.contentDocument;
    // Anything else than a preview (an error, a sign-in page) keeps the height that the style sheet gives.
    const paper = page && page.querySelector(".article") && page.querySelector("main");
    if (!paper) return;
    const measure = () => {
      frame.style.height = `${paper.getBoundingClientRect().height + 2}px`;
    };
    new ResizeObserver(measure).observe(paper);
    measure();
  };

  for (const frame of document.querySelectorAll(".desk-frame")) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
  }

  const time = document.querySelector(".desk-later input");
  const label = document.querySelector("[data-later]");
  if (time && label) {
    const now = label.textContent;
    const say = () => {
      label.textContent = time.value ? label.dataset.later.replace("{time}", time.value.replace("T", " ")) : now;
    };
    time.addEventListener("input", say);
    say();
  }

  // A refused decision: bring the words that say why into view.
  const refused = document.querySelector(".desk-decision .errorlist");
  if (refused) refused.scrollIntoView({ block: "center" });
}
