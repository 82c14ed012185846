// Starts each behaviour that the page asks for, now and in every part that htmx brings in later.

import { touched } from "./touched.js";

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
  const starting = [];
  for (const [selector, path] of BEHAVIOURS) {
    if (root instanceof Element && root.matches(selector)) starting.push(startOnce(path, root));
    for (const element of root.querySelectorAll(selector)) starting.push(startOnce(path, element));
  }
  return Promise.all(starting);
}

/** Searches and filters that were touched before anything listened are asked for now. */
function catchUp() {
  for (const field of document.querySelectorAll("input, select")) {
    const { form } = /** @type {HTMLInputElement} */ (field);
    const asks = field.matches("[hx-get][hx-trigger]") || form?.matches("[hx-get][hx-trigger]");
    if (!asks || !touched(field)) continue;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

document.documentElement.classList.add("js");
const first = wake(document);
// htmx tells of the whole page first, once it listens.
document.addEventListener(
  "htmx:load",
  async () => {
    catchUp();
    await first;
    document.documentElement.dataset.ready = "";
  },
  { once: true },
);
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
