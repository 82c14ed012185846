// Keeps what is typed into <form data-draft="name"> on this phone until the server has acknowledged it.

const KEPT_DAYS = 7;
const SKIPPED = new Set(["csrf_token"]);

/** @param {string} name */
const keyOf = (name) => `lalanh:draft:${name}`;

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

/** @param {HTMLFormElement} form @param {[string, string][]} entries */
function fill(form, entries) {
  const left = new Map();
  for (const [name, value] of entries) left.set(name, [...(left.get(name) ?? []), value]);
  for (const field of form.elements) {
    const input = /** @type {HTMLInputElement} */ (field);
    if (!input.name || SKIPPED.has(input.name) || input.closest("[data-no-draft]")) continue;
    if (["password", "file", "submit", "button"].includes(input.type)) continue;
    const values = left.get(input.name) ?? [];
    if (["checkbox", "radio"].includes(input.type)) input.checked = values.includes(input.value);
    else if (values.length) input.value = values.shift();
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
  addEventListener("pagehide", () => waiting && save());
}
