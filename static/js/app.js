// Starts each behaviour that the page asks for, now and in every part that htmx brings in later.

/** What in the page asks for which module; each exports `start(element)`. @type {[string, string][]} */
const BEHAVIOURS = [
  ["[data-stepper]", "./stepper.js"],
  ["form[data-draft]", "./draft.js"],
  ["[data-drop-draft]", "./draft.js"],
  ["[data-copy], [data-share]", "./copy.js"],
  ["[data-open], dialog.sheet", "./sheet.js"],
  ["[data-focus]", "./focus.js"],
  ["[data-gps]", "./gps.js"],
  ["[data-map]", "./map.js"],
  ["[data-pick]", "./pick.js"],
  ["[data-round]", "./round.js"],
  ["[data-round-map]", "./round_map.js"],
  ["form[data-forgets]", "./forget.js"],
];

const started = new WeakMap();

/** @param {string} path @param {Element} element */
async function startOnce(path, element) {
  const by = started.get(element) ?? new Set();
  if (by.has(path)) return;
  started.set(element, by.add(path));
  const module = await import(path);
  module.start(element);
}

/** @param {Element | Document} root */
function wake(root) {
  for (const [selector, path] of BEHAVIOURS) {
    if (root instanceof Element && root.matches(selector)) startOnce(path, root);
    for (const element of root.querySelectorAll(selector)) startOnce(path, element);
  }
}

document.documentElement.classList.add("js");
wake(document);
document.addEventListener("htmx:load", (event) => wake(/** @type {CustomEvent} */ (event).detail.elt));
import("./offline.js");
if (document.querySelector("[data-live]")) import("./live.js");

// The first page brought its styles along; from now on the browser keeps the file.
const brought = /** @type {HTMLElement | null} */ (document.querySelector("style[data-styles]"));
if (brought?.dataset.styles) {
  const url = brought.dataset.styles;
  const keep = async () => {
    const answer = await fetch(url, { priority: "low" }).catch(() => null);
    const digest = url.match(/(\w+)\.css/)?.[1];
    if (!answer?.ok || !digest) return;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `styles=${digest}; path=/; max-age=31536000; samesite=lax${secure}`;
  };
  addEventListener("load", () => setTimeout(keep, 3000), { once: true });
}
