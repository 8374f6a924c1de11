// What pages do better with a script: copying links, keyboard shortcuts, saying that a save failed.
// Every page works without it.
(() => {
  "use strict";

  // What changed on a button is also heard.
  const say = (button) => {
    button.textContent = button.dataset.copied;
    document.getElementById("heard").textContent = button.dataset.copied;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-copy-link]");
    if (!link || !navigator.clipboard) return;
    event.preventDefault();
    navigator.clipboard.writeText(link.href).then(
      () => say(link),
      () => { window.location = link.href; },
    );
  });

  for (const button of document.querySelectorAll("[data-copy-text]")) button.hidden = !navigator.clipboard;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-text]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copyText).textContent;
    navigator.clipboard.writeText(text).then(() => say(button));
  });

  // Pressed again before the next page is there, a button would do the same act twice. After a while it may: the
  // connection could have been lost. What htmx sends leads to no other page and is left alone.
  const PATIENCE = 10_000;
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (Date.now() - (sent.get(form) ?? 0) < PATIENCE) event.preventDefault();
    else sent.set(form, Date.now());
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) sent.delete(form);
  });

  // A meaning that covers what one reads is put away by Escape, until one comes to its word anew.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const word of document.querySelectorAll(".defined:is(:hover, :focus-within)")) word.dataset.away = "";
  });
  for (const leaving of ["mouseout", "focusout"]) {
    document.addEventListener(leaving, (event) => {
      const word = event.target.closest?.(".defined");
      if (word && !word.contains(event.relatedTarget)) delete word.dataset.away;
    });
  }

  const saved = () => document.getElementById("saved");
  document.addEventListener("input", (event) => {
    if (event.target.closest("#draft") && saved()) saved().dataset.state = "saving";
  });
  // A save that waited for another one sends what the form holds by then, and begins from what that one left.
  document.addEventListener("htmx:before:request", (event) => {
    const { request } = event.detail.ctx;
    const form = document.getElementById("draft");
    if (!form || !(request.body instanceof URLSearchParams) || !request.body.has("edits")) return;
    const edit = request.body.get("edit");
    request.body = new URLSearchParams(new FormData(form));
    if (edit !== null) request.body.set("edit", edit);
  });
  document.addEventListener("htmx:error", () => {
    const state = saved();
    if (!state) return;
    state.dataset.state = "failed";
    state.textContent = document.getElementById("draft").dataset.failed;
  });

  // What a condition does is also heard; only when it changed, so that typing is not talked over.
  document.addEventListener("htmx:after:swap", () => {
    for (const said of document.querySelectorAll(".said")) {
      const heard = said.querySelector("[role=status]");
      const words = said.querySelector(".flaws .error, .does p")?.textContent.replace(/\s+/g, " ").trim() ?? "";
      if (heard.textContent !== words) heard.textContent = words;
    }
  });

  // The slider of a metric's life sets the day of the form around it, which asks for the page itself.
  for (const walk of document.querySelectorAll("[data-life]")) walk.hidden = false;
  document.addEventListener("input", (event) => {
    const walk = event.target.closest("form")?.querySelector("[data-life]");
    if (!walk) return;
    const slider = walk.querySelector("input");
    const day = walk.closest("form").elements.on;
    const steps = [...walk.querySelectorAll("option")];
    if (event.target === day) slider.value = Math.max(0, steps.filter((each) => each.dataset.day <= day.value).length - 1);
    if (event.target !== slider) return;
    const step = steps[slider.value];
    slider.setAttribute("aria-valuetext", step.label);
    walk.querySelector("output").textContent = step.label;
    day.value = step.dataset.day;
  });

  document.addEventListener("htmx:after:swap", () => {
    for (const walk of document.querySelectorAll("[data-life]")) {
      walk.querySelector("input").setAttribute("aria-valuetext", walk.querySelector("output").textContent);
    }
  });

  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  const go = { i: "/inbox/", g: "/", p: "/proposals/", h: "/history/" };
  let afterG = false;
  document.addEventListener("keydown", (event) => {
    if (!("shortcuts" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key;
    const chord = afterG && go[key];
    afterG = key === "g" && !afterG;
    if (chord) window.location = chord;
    else if (key === "/") search(event);
    else if (key === "n") window.location = "/proposals/new/";
    else if (key === "?") document.getElementById("keys")?.showModal();
  });

  function search(event) {
    const field = document.querySelector("input[type=search]");
    if (!field) { window.location = "/"; return; }
    event.preventDefault();
    field.focus();
  }

  // A refusal is read first, whoever looks and however.
  document.querySelector(".errors")?.focus();
})();
