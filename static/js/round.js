// A round on the way: ticks made without a network stay on this phone until the server has them, and the page stays readable.
import { say } from "./messages.js";
import { forgetRound } from "./forget.js";

const CACHE = "lalanh-round";
const AGAIN_MS = 20_000;
const REST_MS = 1_500;

/** @typedef {{action: string, stops: string[], code: string, at: string}} Tick */

/** @param {string} id */
const keyOf = (id) => `lalanh:round:${id}`;

/** @param {string} id @returns {Tick[]} */
function kept(id) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(id)) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {string} id @param {Tick[]} ticks */
function keep(id, ticks) {
  if (ticks.length) localStorage.setItem(keyOf(id), JSON.stringify(ticks));
  else localStorage.removeItem(keyOf(id));
}

/** The round as it stands on the page now; htmx replaces it. @returns {HTMLElement | null} */
const round = () => document.querySelector("[data-round]");

/** Show which stops wait for the network. */
function show() {
  const page = round();
  if (!page) return;
  const ticks = kept(page.dataset.round ?? "");
  const words = page.querySelector("template[data-kept]")?.content.textContent?.trim() ?? "";
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (page.querySelectorAll("form[data-tick]"))) {
    const stop = String(new FormData(form).get("stop"));
    const waits = ticks.some((tick) => tick.stops.includes(stop));
    const note = /** @type {HTMLElement | null} */ (form.parentElement?.querySelector("[data-kept-here]"));
    form.hidden = waits;
    form.closest(".round-stop")?.classList.toggle("round-waiting", waits);
    if (note) {
      note.hidden = !waits;
      note.textContent = waits ? words : "";
    }
  }
  const line = /** @type {HTMLElement | null} */ (page.querySelector("[data-waiting]"));
  if (line) {
    line.hidden = !ticks.length;
    line.textContent = ticks.length ? (page.dataset.waits ?? "").replace("{n}", String(ticks.length)) : "";
  }
}

/** Keep a tick on this phone. @param {HTMLFormElement} form */
function hold(form) {
  const id = round()?.dataset.round ?? "";
  const filled = new FormData(form);
  const stops = filled.getAll("stop").map(String);
  const others = kept(id).filter((tick) => !tick.stops.some((stop) => stops.includes(stop)));
  const code = String(filled.get("code") ?? "");
  keep(id, [...others, { action: form.action, stops, code, at: new Date().toISOString() }]);
  show();
}

/** A token for this session: that of a kept page may be of another one. */
async function freshToken() {
  const page = await (await fetch(location.pathname)).text();
  return page.match(/name="csrf_token" value="([^"]+)"/)?.[1] ?? "";
}

/** @param {Tick} tick @param {string} token */
function send(tick, token) {
  const body = new URLSearchParams({ code: tick.code, at: tick.at, offline: "1" });
  for (const stop of tick.stops) body.append("stop", stop);
  return fetch(tick.action, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
}

let sending = false;

/** Send what waits, oldest first; what the server has is forgotten here. */
async function sendKept() {
  const page = round();
  const id = page?.dataset.round ?? "";
  if (!page || sending || !kept(id).length) return;
  sending = true;
  let sent = 0;
  /** @type {string[]} */
  const told = [];
  try {
    let token = /** @type {HTMLInputElement | null} */ (page.querySelector("input[name=csrf_token]"))?.value || (await freshToken());
    for (const tick of kept(id)) {
      let answer = await send(tick, token);
      if (answer.status === 400) {
        token = await freshToken();
        answer = await send(tick, token);
      }
      if (answer.status === 401) {
        told.push(page.dataset.signedOut ?? "");
        break;
      }
      // 404: the stop is no longer in the round, as after planning anew elsewhere; the page shows how it stands.
      if (!answer.ok && answer.status !== 404) break;
      if (answer.ok) {
        sent += 1;
        for (const { words } of (await answer.json()).ticked) if (words) told.push(words);
      }
      keep(id, kept(id).filter((other) => other.at !== tick.at));
    }
  } catch {
    // Still no network: they wait on.
  }
  sending = false;
  if (sent) await htmx.ajax("GET", location.pathname, { target: "#round", swap: "outerHTML show:none" });
  if (sent) told.unshift((page.dataset.again ?? "").replace("{n}", String(sent)));
  show();
  if (told.length) speak(told);
}

/** Words of the system where all others stand. @param {string[]} texts */
function speak(texts) {
  say("words-round");
  const place = document.querySelector("#messages p");
  if (place) place.textContent = texts.join(" ");
}

/** Keep this page and what it is made of for when there is no network; a round that is over is not kept. */
async function keepPage() {
  const page = round();
  if (!page || !("caches" in window) || !navigator.serviceWorker) return;
  if (page.hasAttribute("data-over")) return forgetRound();
  try {
    await navigator.serviceWorker.register(page.dataset.worker ?? "");
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return forgetRound();
    const cache = await caches.open(CACHE);
    for (const old of await cache.keys()) if (new URL(old.url).pathname.startsWith("/me/round/")) await cache.delete(old);
    await cache.put(location.pathname, answer);
    const parts = performance.getEntriesByType("resource").map((entry) => entry.name);
    await Promise.all([...new Set(parts)].map(async (url) => {
      const { origin, pathname } = new URL(url);
      const part = origin === location.origin && /^\/(static|assets)\//.test(pathname);
      if (part && !(await cache.match(url))) await cache.add(url).catch(() => {});
    }));
    page.setAttribute("data-kept-page", "");
  } catch {
    // A browser that keeps nothing: the open page works on.
  }
}

let resting = 0;
function keepSoon() {
  clearTimeout(resting);
  resting = setTimeout(keepPage, REST_MS);
}

let listening = false;
function listen() {
  if (listening) return;
  listening = true;
  // Before htmx and the frame hear of it: without a network a tick is kept, not sent.
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (navigator.onLine || !form.matches("[data-round] form[data-tick]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(form);
  }, { capture: true });
  // A network that is there by name only.
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const form = /** @type {CustomEvent} */ (event).detail.elt;
      if (form instanceof HTMLFormElement && form.matches("form[data-tick]")) hold(form);
    });
  }
  addEventListener("online", () => void sendKept());
  setInterval(() => navigator.onLine && void sendKept(), AGAIN_MS);
}

/** @param {HTMLElement} _page */
export function start(_page) {
  listen();
  show();
  if (navigator.onLine) {
    void sendKept();
    keepSoon();
  }
}
