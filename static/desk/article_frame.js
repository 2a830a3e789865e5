// Pages that show an article in a frame: give the frame the height of the article, so that the page scrolls and not the
// frame. Also updates the label of the sign-off button when a time is set.
"use strict";
{
  const fit = (frame) => {
    const page = frame.contentDocument;
    // Other pages (an error, the sign-in page) keep the height from the style sheet.
    const content = page && page.querySelector(".article") && page.querySelector("main");
    if (!content) return;
    const measure = () => {
      frame.style.height = `${content.getBoundingClientRect().height + 2}px`;
    };
    new ResizeObserver(measure).observe(content);
    measure();
  };

  for (const frame of document.querySelectorAll(".desk-frame")) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
  }

  const timeField = document.querySelector(".desk-schedule input");
  const label = document.querySelector("[data-scheduled-label]");
  if (timeField && label) {
    const defaultLabel = label.textContent;
    const updateLabel = () => {
      label.textContent = timeField.value ? label.dataset.scheduledLabel.replace("{time}", timeField.value.replace("T", " ")) : defaultLabel;
    };
    timeField.addEventListener("input", updateLabel);
    updateLabel();
  }

  // After a refused decision, scroll to the reason.
  const refused = document.querySelector(".desk-decision .errorlist");
  if (refused) refused.scrollIntoView({ block: "center" });
}
