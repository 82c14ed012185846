// The list of the feed: follows what changes elsewhere, and keeps the filters in step with what the server shows.

const list = /** @type {HTMLElement} */ (document.querySelector("[data-feed]"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-filters]"));
const fresh = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-fresh]"));
const MOST = 100;
const EARTH_M = 6_371_009;

const shown = () => list.querySelectorAll(".case[data-code]").length;
/** @returns {DOMStringMap} */
const view = () => /** @type {HTMLElement | null} */ (list.querySelector("[data-view]"))?.dataset ?? {};

/** From where the list is ordered now stands in the answer; the form sends it along from then on. */
function keepStep() {
  const { place, near, anchored, sort } = view();
  if (!place) return;
  form.dataset.place = place;
  const field = form.elements.namedItem("near");
  if (field instanceof HTMLInputElement) field.value = anchored ? (near ?? "") : "";
  const order = /** @type {HTMLInputElement | null} */ (document.querySelector(`#order input[value="${sort}"]`));
  if (order) order.checked = true;
}

/** @param {number} lat @param {number} lon */
function metresFromHere(lat, lon) {
  const [here_lat, here_lon] = (view().near ?? "").split(",").map((part) => (Number(part) * Math.PI) / 180);
  const to_lat = (lat * Math.PI) / 180;
  const half = Math.sin((to_lat - here_lat) / 2) ** 2;
  const across = Math.sin(((lon * Math.PI) / 180 - here_lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(half + Math.cos(here_lat) * Math.cos(to_lat) * across));
}

/** Whether a change may concern what stands in the list. @param {any} changed */
function concerns(changed) {
  if (!changed.code || changed.lat === undefined || changed.lat === null) return Boolean(changed.refresh);
  if (document.getElementById(`case-${changed.code}`)) return true;
  const reach = Number(view().reach);
  return !reach || metresFromHere(changed.lat, changed.lon) <= reach;
}

/** The list again, as long as it is now; the address and the place in the page stay. @param {number} limit */
function reload(limit) {
  if (fresh) fresh.hidden = true;
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.append(name, String(value));
  if (limit > 20) query.set("limit", String(limit));
  query.set("live", "1");
  return htmx.ajax("GET", `${form.getAttribute("action")}?${query}`, { source: list, target: list, swap: "innerHTML" });
}

document.addEventListener("lalanh:changed", (event) => {
  const { cases, poll } = /** @type {CustomEvent} */ (event).detail;
  if (!poll && !cases.some(concerns)) return;
  const busy = list.contains(document.activeElement) || shown() > MOST;
  if (busy && fresh) fresh.hidden = false;
  else reload(shown());
});

fresh?.addEventListener("click", async () => {
  await reload(0);
  list.scrollIntoView({ block: "start" });
});

list.addEventListener("htmx:afterSwap", keepStep);
keepStep();

// Menus of filters close when something else is touched.
document.addEventListener("click", (event) => {
  for (const menu of form.querySelectorAll("details[open]")) {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  }
});
form.addEventListener("keydown", (event) => {
  const open = form.querySelector("details[open]");
  if (event.key !== "Escape" || !(open instanceof HTMLDetailsElement)) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});
