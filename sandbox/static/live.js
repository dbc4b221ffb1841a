// Keeps marked parts of a page fresh. An element with data-live="topic" opens the stream;
// on every event, the first tells that the stream is open, the page is fetched again and each
// element with data-part is replaced.
(() => {
  "use strict";
  const root = document.querySelector("[data-live]");
  if (!root) return;
  let running = false;
  let again = false;

  const refresh = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (answer.ok) replaceParts(await answer.text());
    } while (again);
    running = false;
  };

  const replaceParts = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const old of document.querySelectorAll("[data-part]")) {
      const part = fresh.querySelector(`[data-part="${CSS.escape(old.dataset.part)}"]`);
      if (!part || part.isEqualNode(old)) continue;
      old.replaceWith(document.adoptNode(part));
    }
    scrollDown();
  };

  const scrollDown = () => {
    const list = document.querySelector("[data-follow]");
    if (list) list.scrollTop = list.scrollHeight;
  };

  const source = new EventSource("/live?topic=" + encodeURIComponent(root.dataset.live));
  source.onmessage = () => refresh().catch(() => { running = false; });
  source.onopen = () => document.documentElement.setAttribute("data-live-state", "open");
  scrollDown();
})();
