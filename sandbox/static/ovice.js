// Small comforts of the ovice pages; each of them also works without this script.
(() => {
  "use strict";
  document.documentElement.classList.add("scripted");

  const submitAtOnce = document.querySelector("form[data-submit-at-once]");
  if (submitAtOnce) submitAtOnce.submit();

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.submit();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-mention]");
    const text = document.getElementById("text");
    if (!link || !text || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    text.value += link.dataset.mention;
    text.focus();
  });

  const chat = document.querySelector("form[data-chat]");
  if (!chat) return;
  const text = document.getElementById("text");
  text.setSelectionRange(text.value.length, text.value.length);

  // The live stream shows the new message; if sending fails, the text comes back.
  const send = async () => {
    const written = text.value;
    const body = new URLSearchParams({ text: written });
    text.value = "";
    try {
      const answer = await fetch(chat.action, { method: "POST", body });
      if (!answer.ok) throw new Error("refused");
    } catch {
      text.value = written;
    }
  };

  chat.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    chat.requestSubmit();
  });
})();
