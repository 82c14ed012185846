// Keeps what is typed into <form data-draft="name"> on this phone until the server has acknowledged it.

import { touched } from "./touched.js";

const KEPT_DAYS = 7;
const SKIPPED = new Set(["csrf_token"]);

const PREFIX = "lalanh:draft:";
/** @param {string} name */
const keyOf = (name) => PREFIX + name;

/** @param {HTMLFormElement} form @returns {[string, string][]} */
function typed(form) {
  const entries = [];
  for (const field of form.elements) {
    const { name, type, value, checked, disabled } = /** @type {HTMLInputElement} */ (field);
    if (!name || disabled || SKIPPED.has(name) || field.closest("[data-no-draft]")) continue;
    if (["password", "file", "submit", "button"].includes(type)) continue;
    if (["checkbox", "radio"].includes(type) && !checked) continue;
    entries.push([name, value]);
  }
  return entries;
}

/** What was filled in before the draft was there stays. @param {HTMLFormElement} form @param {[string, string][]} entries */
function fill(form, entries) {
  const left = new Map();
  for (const [name, value] of entries) left.set(name, [...(left.get(name) ?? []), value]);
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements]);
  const already = new Set(fields.filter(touched));
  const decided = new Set(fields.filter(({ type, checked }) => type === "radio" && checked).filter(touched).map(({ name }) => name));
  for (const input of fields) {
    if (!input.name || SKIPPED.has(input.name) || input.closest("[data-no-draft]")) continue;
    if (["password", "file", "submit", "button"].includes(input.type)) continue;
    const values = left.get(input.name) ?? [];
    if (["checkbox", "radio"].includes(input.type)) {
      if (!already.has(input) && !decided.has(input.name)) input.checked = values.includes(input.value);
    } else if (values.length) {
      const value = values.shift();
      if (!already.has(input)) input.value = value;
    }
  }
}

/** @param {string} name @returns {[string, string][] | null} */
function kept(name) {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(name)) ?? "null");
    if (!draft || Date.now() - draft.at > KEPT_DAYS * 86_400_000) return null;
    return draft.entries;
  } catch {
    return null;
  }
}

/** Every draft on this phone. */
export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

/** @param {HTMLElement} element */
export function start(element) {
  if (element.dataset.dropDraft) {
    localStorage.removeItem(keyOf(element.dataset.dropDraft));
    return;
  }
  keep(/** @type {HTMLFormElement} */ (element));
}

/** @param {HTMLFormElement} form */
function keep(form) {
  const name = form.dataset.draft ?? "";
  const note = /** @type {HTMLElement | null} */ (form.querySelector("[data-draft-note]"));
  const early = [...form.elements].some(touched);
  let waiting = 0;

  // A form that the server sent back holds what was typed already.
  const entries = form.hasAttribute("data-filled") ? null : kept(name);
  if (entries) {
    form.dispatchEvent(new CustomEvent("draft:restoring", { detail: { entries } }));
    fill(form, entries);
    form.dispatchEvent(new CustomEvent("draft:restored", { detail: { entries } }));
    if (note) note.textContent = note.dataset.restored ?? "";
  }

  function save() {
    clearTimeout(waiting);
    waiting = 0;
    try {
      localStorage.setItem(keyOf(name), JSON.stringify({ at: Date.now(), entries: typed(form) }));
    } catch {
      return; // No room or no storage: the page works on, without the note.
    }
    if (note) note.textContent = note.dataset.saved ?? "";
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(save, 300);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("picked", soon);
  form.addEventListener("submit", save);
  if (early && !entries) soon();
  addEventListener("pagehide", () => waiting && save());
  // The server has acknowledged it and sends the page on: whoever comes back at once finds an empty form.
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!(/** @type {CustomEvent} */ (event).detail.xhr.getResponseHeader("HX-Redirect"))) return;
    clearTimeout(waiting);
    waiting = 0;
    localStorage.removeItem(keyOf(name));
  });
}
