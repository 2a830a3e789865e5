// The preview over the form: what is typed is saved, then shown in the public look at the width of a computer, a tablet
// or a telephone, made smaller where the window is narrower than that.
"use strict";
{
  const form = desk.draft.form;
  const dialog = document.getElementById("preview-dialog");
  const stage = document.getElementById("preview-stage");
  const frame = stage.querySelector("iframe");
  const shared = document.getElementById("preview-shared");

  const fit = () => {
    const width = Number(dialog.querySelector("input[name=preview-width]:checked").value);
    const scale = Math.min(1, stage.clientWidth / width);
    frame.style.width = `${width}px`;
    frame.style.height = `${stage.clientHeight / scale}px`;
    frame.style.transform = `scale(${scale})`;
    frame.style.marginInlineStart = `${Math.max(0, (stage.clientWidth - width * scale) / 2)}px`;
  };

  document.getElementById("preview")?.addEventListener("click", async () => {
    const { ok } = await desk.draft.save();
    if (!form.dataset.preview) {
      if (!ok) desk.draft.tell(desk.say("preview_needs"), "problem");
      return;
    }
    shared.hidden = true;
    if (window.innerWidth < 768) dialog.querySelector("input[value='390']").checked = true;
    frame.src = form.dataset.preview;
    dialog.showModal();
    fit();
  });
  dialog.addEventListener("change", fit);
  window.addEventListener("resize", () => dialog.open && fit());
  document.getElementById("preview-close").addEventListener("click", () => dialog.close());

  const address = document.getElementById("preview-address");
  document.getElementById("preview-share").addEventListener("click", async () => {
    const where = form.dataset.preview.replace(/revisions\/\d+\/$/, "share/");
    const { status, answer, problem } = await desk.post(where, new FormData());
    shared.hidden = false;
    const label = shared.querySelector("label");
    if (status === 200 && answer?.address) {
      label.textContent = desk.say("share", { ends: answer.ends });
      address.value = answer.address;
      address.select();
    } else {
      label.textContent = answer?.error ?? problem ?? desk.say("broken");
    }
    fit();
  });
  document.getElementById("preview-copy").addEventListener("click", async ({ target }) => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
      target.textContent = desk.say("copied");
    } catch {
      // Not on https: the address stands selected, and the keyboard copies it.
    }
  });
}
