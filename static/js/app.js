// Starts each behaviour that the page asks for, now and in every part that htmx brings in later.

import { touched } from "./touched.js";

/** What in the page asks for which module; each exports `start(element)`. @type {[string, string][]} */
const BEHAVIOURS = [
  ["[data-stepper]", "./stepper.js"],
  ["form[data-draft]", "./draft.js"],
  ["[data-copy], [data-share]", "./copy.js"],
  ["[data-open], dialog.sheet", "./sheet.js"],
  ["[data-focus]", "./focus.js"],
  ["[data-gps]", "./gps.js"],
  ["[data-map]", "./map.js"],
  ["[data-pick]", "./pick.js"],
  ["[data-round]", "./round.js"],
  ["[data-round-map]", "./round_map.js"],
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

/** Searches and filters that were touched before anything listened are asked for now, each once. */
function catchUp() {
  const told = new Set();
  for (const field of document.querySelectorAll("input, select")) {
    const { form, type, checked } = /** @type {HTMLInputElement} */ (field);
    const asks = [field, form].find((element) => element?.matches("[hx-get][hx-trigger]"));
    if (!asks || told.has(asks) || !touched(field) || (type === "radio" && !checked)) continue;
    told.add(asks);
    // A text that htmx waits for after `input` is asked for at once by the `change` that follows.
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

document.documentElement.classList.add("js");
const first = wake(document);
const forgetting = document.cookie.includes("acknowledged=") ? import("./forget.js") : null;
// htmx tells of the whole page first, once it listens.
document.addEventListener(
  "htmx:load",
  async () => {
    catchUp();
    await Promise.all([first, forgetting]);
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
