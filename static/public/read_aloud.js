// 朗读 (read aloud) with the speech synthesis of the browser: reads sentence by sentence and highlights the element. Of
// an article it reads the title and the text, of other pages headings, links and paragraphs. Hidden without a voice.
(() => {
  const speech = window.speechSynthesis;
  const controls = document.getElementById("read-aloud");
  if (!controls || !speech || !window.SpeechSynthesisUtterance) return;

  const playButton = document.getElementById("read-aloud-play");
  const stopButton = document.getElementById("read-aloud-stop");
  const announcement = document.getElementById("mode-status");
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

  const TEXT_ELEMENTS = "h1, h2, h3, h4, p, li, th, td, dt, dd, caption, figcaption, pre";
  const ARTICLE_HEAD = ".article :is(h1, .subtitle, .emergency-flag, .correction-note, .validity-note, .external-target)";
  const ARTICLE_TEXT = TEXT_ELEMENTS.replace(/[^, ]+/g, ".article-body $&");
  const PAGE_TEXT = "h1, h2, h3, a, p";

  const visible = (element) => element.getClientRects().length > 0 && !element.closest(".visually-hidden, [aria-hidden]");
  // Return the innermost visible text elements, so that each text is read once.
  const readableElements = () => {
    const main = document.getElementById("content");
    const kind = main.querySelector(".article") ? `${ARTICLE_HEAD}, ${ARTICLE_TEXT}` : PAGE_TEXT;
    return [...main.querySelectorAll(kind)].filter(
      (element) => visible(element) && element.innerText.trim() && !element.querySelector(kind),
    );
  };
  // Split into sentences: browsers cut off long utterances, and reading resumes at the start of a sentence.
  const sentences = (element) => element.innerText.match(/[^。！？；!?;\n]+[。！？；!?;”’）)]*/g) || [];

  let queue = [];
  let position = 0;
  let state = "idle";
  let speaking = null;

  const setState = (next, words) => {
    state = next;
    playButton.textContent = playButton.dataset[state];
    stopButton.hidden = state === "idle";
    announcement.textContent = words;
  };
  const highlight = (element) => {
    for (const before of document.querySelectorAll(".being-read")) {
      if (before !== element) before.classList.remove("being-read");
    }
    if (!element || element.classList.contains("being-read")) return;
    element.classList.add("being-read");
    element.scrollIntoView({ block: "center", behavior: reducedMotion.matches ? "auto" : "smooth" });
  };
  const cancelSpeech = () => {
    speaking = null;
    speech.cancel();
  };
  const stopReading = (words) => {
    cancelSpeech();
    highlight(null);
    if (document.activeElement === stopButton) playButton.focus();
    setState("idle", words);
  };

  const speakNext = () => {
    if (position >= queue.length) return stopReading(controls.dataset.ended);
    const { element, words } = queue[position];
    const utterance = new SpeechSynthesisUtterance(words);
    utterance.lang = "zh-CN";
    utterance.voice = speech.getVoices().find((voice) => /^zh[-_](CN|Hans)/i.test(voice.lang)) || null;
    utterance.onend = () => {
      if (utterance !== speaking) return;
      position += 1;
      speakNext();
    };
    utterance.onerror = () => {
      if (utterance === speaking) stopReading(controls.dataset.failed);
    };
    highlight(element);
    speaking = utterance;
    speech.speak(utterance);
  };

  playButton.addEventListener("click", () => {
    if (state === "reading") {
      cancelSpeech();
      return setState("paused", controls.dataset.paused);
    }
    if (state === "idle") {
      position = 0;
      queue = readableElements().flatMap((element) => sentences(element).map((words) => ({ element, words })));
    }
    setState("reading", controls.dataset.reading);
    cancelSpeech();
    speakNext();
  });
  stopButton.addEventListener("click", () => stopReading(controls.dataset.stopped));
  document.addEventListener("elder", () => state !== "idle" && stopReading(announcement.textContent));
  addEventListener("pagehide", () => speech.cancel());

  setState("idle", "");
  controls.hidden = false;
})();
