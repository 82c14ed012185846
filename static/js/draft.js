// Keeps what is typed into <form data-draft="name"> on this phone until the server has acknowledged it.

import { keyOf } from "./forget.js";
import { touched } from "./touched.js";

const KEPT_DAYS = 7;
const SKIPPED = new Set(["csrf_token"]);
/** How this page was reached. After "reload" and "back_forward" the browser fills in what it remembers: nobody typed that now. */
const ARRIVED = /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType("navigation")[0])?.type;

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

/** Fields of `early`, typed before the draft was there, stay. @param {HTMLFormElement} form @param {[string, string][]} entries @param {Set<Element>} early */
function fill(form, entries, early) {
  const left = new Map();
  for (const [name, value] of entries) left.set(name, [...(left.get(name) ?? []), value]);
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements]);
  const decided = new Set(fields.filter((field) => early.has(field) && field.type === "radio" && field.checked).map(({ name }) => name));
  for (const input of fields) {
    if (!input.name || SKIPPED.has(input.name) || input.closest("[data-no-draft]")) continue;
    if (["password", "file", "submit", "button"].includes(input.type)) continue;
    const values = left.get(input.name) ?? [];
    if (["checkbox", "radio"].includes(input.type)) {
      if (!early.has(input) && !decided.has(input.name)) input.checked = values.includes(input.value);
    } else if (values.length) {
      const value = values.shift();
      if (!early.has(input)) input.value = value;
    }
  }
}

/** The entries of a draft; null: there is none, undefined: this browser does not let it be known. @param {string} name @returns {[string, string][] | null | undefined} */
function kept(name) {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(name)) ?? "null");
    if (!draft || Date.now() - draft.at > KEPT_DAYS * 86_400_000) return null;
    return draft.entries;
  } catch {
    return undefined;
  }
}

/** @param {HTMLFormElement} form */
export function start(form) {
  const name = form.dataset.draft ?? "";
  const note = /** @type {HTMLElement | null} */ (form.querySelector("[data-draft-note]"));
  const early = new Set(ARRIVED === "navigate" ? [...form.elements].filter(touched) : []);
  let waiting = 0;

  // A form that the server sent back holds what was typed already.
  const entries = form.hasAttribute("data-filled") ? undefined : kept(name);
  if (entries) {
    fill(form, entries, early);
    form.dispatchEvent(new CustomEvent("draft:restored", { detail: { entries } }));
    if (note) note.textContent = note.dataset.restored ?? "";
  } else if (entries === null && ARRIVED === "back_forward") {
    form.reset(); // Acknowledged, or somebody has signed out since: it is not for whoever comes back.
  }

  function save(tell = true) {
    clearTimeout(waiting);
    waiting = 0;
    try {
      localStorage.setItem(keyOf(name), JSON.stringify({ at: Date.now(), entries: typed(form) }));
    } catch {
      return; // No room or no storage: the page works on, without the note.
    }
    if (note && tell) note.textContent = note.dataset.saved ?? "";
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(save, 300);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("picked", soon);
  form.addEventListener("submit", () => save());
  if (early.size) save(!entries);
  addEventListener("pagehide", () => waiting && save());
}
