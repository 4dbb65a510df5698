"use strict";
// The page works without this script. It adds: polling while the page is seen, the timer of a call, drafts, keys,
// a form that counts once, and what to do when the session or the connection has ended.
(() => {
  const POLL_MS = 2000;
  const DRAFT_MS = 1500;
  const show = (id, shown) => { const bar = document.getElementById(id); if (bar && bar.hidden === shown) bar.hidden = !shown; };
  const busy = new WeakSet();

  // --- Polling, of visible pages only; while a socket is open (socket.js), what it tells of is asked for seldom ---
  const began = Date.now(), asked = new Map();
  const rests = (each) => document.body.dataset.socket === "open" && Date.now() - (asked.get(each.id) ?? began) < Number(each.dataset.rest ?? 0);
  setInterval(() => {
    if (document.visibilityState !== "visible" || !window.htmx || navigator.onLine === false) return;
    for (const each of document.querySelectorAll("[data-poll]")) {
      if (each.classList.contains("htmx-request") || rests(each)) continue;
      asked.set(each.id, Date.now());
      htmx.trigger(each, "poll");
    }
  }, POLL_MS);

  // --- A call that was announced while this page waited opens by itself, unless something is being typed ---
  const newest = () => document.getElementById("calls")?.dataset.newest ?? "";
  let known = newest();
  const typed = () => [...document.querySelectorAll("input:not([type=hidden]), textarea")].some((each) => each.value !== each.defaultValue);
  document.addEventListener("htmx:after:swap", () => {
    const now = newest();
    if (now && now !== known && !typed()) location.assign(document.getElementById("calls").dataset.calls + now);
    if (now) known = now;
    tick();
  });

  // --- The time on the call ---
  const tick = () => {
    for (const each of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(each.dataset.since)) / 1000));
      each.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    }
  };
  setInterval(tick, 1000);
  tick();

  // --- The session has ended, and came back in another tab ---
  const renew = async () => {
    const answer = await fetch(document.body.dataset.tokenAt, { headers: { "HX-Request": "true" }, redirect: "error" });
    if (!answer.ok) return;
    const token = await answer.text();
    for (const each of document.querySelectorAll("input[name=token]")) each.value = token;
    show("signed-out-bar", false);
  };
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail.ctx.response?.status;
    if (status) show("offline-bar", false);
    if (status === 401) show("signed-out-bar", true);
  });
  document.addEventListener("visibilitychange", () => {
    const bar = document.getElementById("signed-out-bar");
    if (document.visibilityState === "visible" && bar && !bar.hidden) renew().catch(() => show("offline-bar", true));
  });

  // --- No connection ---
  window.addEventListener("offline", () => show("offline-bar", true));
  window.addEventListener("online", () => show("offline-bar", false));
  document.addEventListener("htmx:error", (event) => { if (!event.detail.ctx?.response) show("offline-bar", true); });

  // --- A form counts once ---
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (busy.has(form)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    busy.add(form);
    for (const each of form.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
  }, true);
  const free = (form) => {
    busy.delete(form);
    for (const each of form.querySelectorAll("button")) each.removeAttribute("aria-disabled");
  };
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target.closest?.("[data-once]");
    if (form) free(form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-once]").forEach(free));

  // --- Keys: Ctrl+Enter is the main button; those of one sign can be switched off, for as long as the tab is open ---
  const KEYS = "desk-keys";
  const single = () => sessionStorage.getItem(KEYS) !== "off";
  const choose = (id) => { const choice = document.getElementById(id); if (choice) { choice.checked = true; choice.focus(); } };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const main = document.querySelector("[data-main]");
      if (main) { event.preventDefault(); if (!event.repeat) main.click(); }
      return;
    }
    if (!single() || event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    if (/^[1-9]$/.test(event.key)) choose(`candidate-${event.key}`);
    else if (event.key === "?") document.getElementById("keys")?.togglePopover();
    else if (event.key === "a") {
      const first = document.querySelector("#booking select, #booking input:not([type=hidden])");
      if (first) { event.preventDefault(); first.focus(); }
    }
  });
  const keys = document.getElementById("keys-on");
  if (keys) {
    keys.checked = single();
    keys.addEventListener("change", () => sessionStorage.setItem(KEYS, keys.checked ? "on" : "off"));
  }

  // --- A free time that is chosen is the form's time ---
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.("[data-time]");
    const field = document.getElementById("time");
    if (!chosen || !field) return;
    field.value = chosen.dataset.time;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- Drafts: what is typed survives a reload ---
  let waiting = 0;
  const keep = (form) => fetch(form.dataset.draft, {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: new URLSearchParams(new FormData(form)),
    redirect: "error",
  }).then((answer) => { if (answer.status === 401) show("signed-out-bar", true); }, () => show("offline-bar", true));
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form), DRAFT_MS);
  });
})();
