// The preview dialog of the draft form: save, then show the public page at the width of a computer, tablet or phone,
// scaled down in narrower windows.
"use strict";
{
  const form = desk.draft.form;
  const dialog = document.getElementById("preview-dialog");
  const stage = document.getElementById("preview-stage");
  const frame = stage.querySelector("iframe");
  const shareBox = document.getElementById("preview-shared");

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
      if (!ok) desk.draft.showStatus(desk.text("preview_needs"), "problem");
      return;
    }
    shareBox.hidden = true;
    if (window.innerWidth < 768) dialog.querySelector("input[value='390']").checked = true;
    frame.src = form.dataset.preview;
    dialog.showModal();
    fit();
  });
  dialog.addEventListener("change", fit);
  window.addEventListener("resize", () => dialog.open && fit());
  document.getElementById("preview-close").addEventListener("click", () => dialog.close());

  const linkField = document.getElementById("preview-address");
  document.getElementById("preview-share").addEventListener("click", async () => {
    const shareUrl = form.dataset.preview.replace(/revisions\/\d+\/$/, "share/");
    const { status, answer, problem } = await desk.post(shareUrl, new FormData());
    shareBox.hidden = false;
    const label = shareBox.querySelector("label");
    if (status === 200 && answer?.address) {
      label.textContent = desk.text("share", { ends: answer.ends });
      linkField.value = answer.address;
      linkField.select();
    } else {
      label.textContent = answer?.error ?? problem ?? desk.text("broken");
    }
    fit();
  });
  document.getElementById("preview-copy").addEventListener("click", async ({ target }) => {
    linkField.select();
    try {
      await navigator.clipboard.writeText(linkField.value);
      target.textContent = desk.text("copied");
    } catch {
      // Without https: the URL stays selected and can be copied by keyboard.
    }
  });
}
