// 朗读: reads the page through the browser's own speech, piece by piece, and marks the piece. An article is read from its
// title to the end of its text; of other pages headings, links and plain paragraphs. Without a voice nothing is offered.
(() => {
  const speech = window.speechSynthesis;
  const box = document.getElementById("aloud");
  if (!box || !speech || !window.SpeechSynthesisUtterance) return;

  const go = document.getElementById("aloud-go");
  const stop = document.getElementById("aloud-stop");
  const said = document.getElementById("modes-said");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const leaf = "h1, h2, h3, h4, p, li, th, td, dt, dd, caption, figcaption, pre";
  const article = ".article :is(h1, .subtitle, .flag, .corrected, .out-of-force, .leads-out)";
  const inProse = leaf.replace(/[^, ]+/g, ".prose $&");
  const elsewhere = "h1, h2, h3, a, p";

  const visible = (element) => element.getClientRects().length > 0 && !element.closest(".unseen, [aria-hidden]");
  // Words of an element that holds no other of the kind: each is read once.
  const pieces = () => {
    const main = document.getElementById("content");
    const kind = main.querySelector(".article") ? `${article}, ${inProse}` : elsewhere;
    return [...main.querySelectorAll(kind)].filter(
      (element) => visible(element) && element.innerText.trim() && !element.querySelector(kind),
    );
  };
  // Sentences: browsers break off what is long, and a pause goes on at the beginning of the sentence.
  const sentences = (element) => element.innerText.match(/[^。！？；!?;\n]+[。！？；!?;”’）)]*/g) || [];

  let lines = [];
  let at = 0;
  let state = "idle";
  let speaking = null;

  const show = (next, words) => {
    state = next;
    go.textContent = go.dataset[state];
    stop.hidden = state === "idle";
    said.textContent = words;
  };
  const mark = (element) => {
    for (const before of document.querySelectorAll(".being-read")) {
      if (before !== element) before.classList.remove("being-read");
    }
    if (!element || element.classList.contains("being-read")) return;
    element.classList.add("being-read");
    element.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  };
  const silence = () => {
    speaking = null;
    speech.cancel();
  };
  const end = (words) => {
    silence();
    mark(null);
    if (document.activeElement === stop) go.focus();
    show("idle", words);
  };

  const speak = () => {
    if (at >= lines.length) return end(box.dataset.ended);
    const { element, words } = lines[at];
    const utterance = new SpeechSynthesisUtterance(words);
    utterance.lang = "zh-CN";
    utterance.voice = speech.getVoices().find((voice) => /^zh[-_](CN|Hans)/i.test(voice.lang)) || null;
    utterance.onend = () => {
      if (utterance !== speaking) return;
      at += 1;
      speak();
    };
    utterance.onerror = () => {
      if (utterance === speaking) end(box.dataset.failed);
    };
    mark(element);
    speaking = utterance;
    speech.speak(utterance);
  };

  go.addEventListener("click", () => {
    if (state === "reading") {
      silence();
      return show("paused", box.dataset.paused);
    }
    if (state === "idle") {
      at = 0;
      lines = pieces().flatMap((element) => sentences(element).map((words) => ({ element, words })));
    }
    show("reading", box.dataset.reading);
    silence();
    speak();
  });
  stop.addEventListener("click", () => end(box.dataset.stopped));
  document.addEventListener("elder", () => state !== "idle" && end(said.textContent));
  addEventListener("pagehide", () => speech.cancel());

  show("idle", "");
  box.hidden = false;
})();
