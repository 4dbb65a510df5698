"use strict";
// Listens for "there is a call", and then asks for the list of calls at once. Without a socket the list is polled (desk.js).
// The page sends nothing by the socket. API Gateway closes one that is silent for ten minutes: it is opened again.
(() => {
  const FIRST_MS = 1000;
  const LONGEST_MS = 60000;
  const PATIENCE_MS = 10000;
  const MOST_A_MINUTE = 5;
  const home = document.querySelector("[data-socket]");
  if (!home || !window.WebSocket || !window.htmx) return;
  const seen = () => document.visibilityState === "visible";
  let socket = null, timer = 0, pause = FIRST_MS, tries = [], missed = false;

  // --- What a message is for ---
  const ask = () => {
    const calls = document.getElementById("calls");
    missed = !seen() || calls.classList.contains("htmx-request");
    if (!missed) htmx.trigger(calls, "poll");
  };
  document.addEventListener("htmx:finally:request", () => { if (missed) setTimeout(() => { if (missed) ask(); }); });

  // --- Opening, and opening again: later each time, a few times a minute, and only while the page is seen ---
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(open, pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, LONGEST_MS);
  };
  const ticket = async () => {
    const answer = await fetch(home.dataset.ticketAt, {
      method: "POST",
      headers: { "HX-Request": "true" },
      body: new URLSearchParams({ token: document.querySelector("input[name=token]").value }),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
    return answer.text();
  };
  const listen = (words) => {
    const opened = new WebSocket(`${home.dataset.socket}?ticket=${words}`);
    const patience = setTimeout(() => opened.close(), PATIENCE_MS);
    opened.onopen = () => { clearTimeout(patience); pause = FIRST_MS; document.body.dataset.socket = "open"; ask(); };
    opened.onmessage = ask;
    opened.onclose = () => { clearTimeout(patience); delete document.body.dataset.socket; socket = null; later(); };
    return opened;
  };
  async function open() {
    clearTimeout(timer);
    if (socket || !seen() || navigator.onLine === false) return;
    tries = tries.filter((each) => Date.now() - each < 60000);
    if (tries.length >= MOST_A_MINUTE) { later(); return; }
    tries.push(Date.now());
    socket = "coming";
    try { socket = listen(await ticket()); } catch { socket = null; later(); }
  }
  document.addEventListener("visibilitychange", () => { if (seen()) { if (missed) ask(); open(); } });
  window.addEventListener("online", open);
  open();
})();
