// The map of the feed. It comes after the list, shows the same filter result, and moving it moves the list.
import { canDraw, makeMap, savesData, VIETNAM, whenQuiet } from "./map_base.js";
import { addCases, changeQuery, livePins } from "./map_cases.js";
import { offerCoverage } from "./map_coverage.js";
import { fillPlace, position } from "./gps.js";
import { openCase, openSupply } from "./map_peek.js";
import { inks } from "./map_style.js";

const REST_MS = 400;
const FILTERS = ["category", "urgency", "status", "q", "area"];

/** The filter in the page's address, as the tiles want it. */
function filterQuery() {
  const here = new URLSearchParams(location.search);
  const query = new URLSearchParams();
  const names = here.get("radius_m") && here.get("near") ? [...FILTERS, "near", "radius_m"] : FILTERS;
  for (const name of names) for (const value of here.getAll(name)) if (value) query.append(name, value);
  return query.toString();
}

/** Where the address or the page says to look. @param {HTMLElement} box */
function startView(box) {
  const at = new URLSearchParams(location.search).get("at")?.split(",").map(Number);
  if (at && at.length >= 2 && at.every(Number.isFinite)) return { center: [at[1], at[0]], zoom: at[2] ?? 14 };
  const { lat, lon, zoom } = box.dataset;
  if (lat && lon) return { center: [Number(lon), Number(lat)], zoom: Number(zoom ?? 13) };
  return { bounds: VIETNAM, fitBoundsOptions: { padding: 16 } };
}

/** @returns {HTMLFormElement | null} */
const filters = () => document.querySelector("form[data-filters]");

/** Write the view into the address, so that it can be shared, and let the list follow. @param {any} map */
function tellPlace(map) {
  const { lat, lng } = map.getCenter();
  const at = `${lat.toFixed(5)},${lng.toFixed(5)},${map.getZoom().toFixed(1)}`;
  const url = new URL(location.href);
  url.searchParams.set("at", at);
  history.replaceState(history.state, "", `${url.pathname}?${url.searchParams.toString().replaceAll("%2C", ",")}`);
  const form = filters();
  const field = form?.elements.namedItem("at");
  if (field instanceof HTMLInputElement) field.value = at;
  if (form && (form.dataset.place ?? "map") === "map") form.dispatchEvent(new CustomEvent("moved", { bubbles: true }));
}

/** @param {HTMLElement} box */
async function open(box) {
  box.querySelector("[data-ask]")?.setAttribute("hidden", "");
  box.querySelector("[data-wait]")?.removeAttribute("hidden");
  const { map, library } = await makeMap(box, startView(box));
  if (matchMedia("(min-width: 60rem)").matches) map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
  let query = filterQuery();
  map.on("style.load", () => addCases(map, query, inks()));

  let resting = 0;
  map.on("moveend", (/** @type {any} */ event) => {
    if (!event.originalEvent && !event.byPerson) return;
    clearTimeout(resting);
    resting = setTimeout(() => tellPlace(map), REST_MS);
  });
  for (const layer of ["clusters", "cluster-ones"]) {
    map.on("click", layer, (/** @type {any} */ event) => {
      map.easeTo({ center: event.features[0].geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 16) }, { byPerson: true });
    });
  }
  for (const layer of ["cases", "cases-live"]) {
    map.on("click", layer, (/** @type {any} */ event) => openCase(map, library, event.features[0]));
  }
  map.on("click", "supply-points", (/** @type {any} */ event) => openSupply(map, library, event.features[0]));
  for (const layer of ["clusters", "cluster-ones", "cases", "cases-live", "supply-points"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }

  const follow = () => {
    if (filterQuery() === query) return;
    query = filterQuery();
    changeQuery(map, query);
  };
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) document.addEventListener(name, follow);
  document.addEventListener("lalanh:changed", (event) => {
    livePins(map, /** @type {CustomEvent} */ (event).detail.cases, new URLSearchParams(query));
  });
  document.addEventListener("lalanh:look", (event) => {
    const { lat, lon, zoom } = /** @type {CustomEvent} */ (event).detail;
    map.flyTo({ center: [Number(lon), Number(lat)], zoom: Number(zoom ?? 14), duration: 600 });
  });
  offerLocation(box, map, library);
  offerCoverage(box, map, library);
}

/** The button that brings map and list to where the person is. @param {HTMLElement} box @param {any} map @param {any} library */
function offerLocation(box, map, library) {
  const button = /** @type {HTMLButtonElement | null} */ (box.querySelector("[data-locate]"));
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  /** @type {any} */
  let dot = null;
  const show = (/** @type {number} */ lon, /** @type {number} */ lat) => {
    if (!dot) {
      const element = document.createElement("div");
      element.className = "map-me";
      dot = new library.Marker({ element }).setLngLat([lon, lat]).addTo(map);
    }
    dot.setLngLat([lon, lat]);
    map.flyTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 14), duration: 600 });
  };
  document.addEventListener("located", (event) => {
    const { lat, lon } = /** @type {CustomEvent} */ (event).detail;
    show(lon, lat);
  });
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      const found = await position();
      button.setAttribute("aria-pressed", "true");
      const form = filters();
      if (form) {
        form.dataset.place = "gps";
        fillPlace(form, found);
      } else {
        show(found.longitude, found.latitude);
      }
    } catch {
      const words = box.querySelector("[data-gps-denied]");
      if (words) words.removeAttribute("hidden");
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

/** @param {HTMLElement} box */
export function start(box) {
  if (!canDraw()) {
    box.classList.add("map-none");
    return;
  }
  if (!savesData()) {
    whenQuiet(() => open(box));
    return;
  }
  box.querySelector("[data-wait]")?.setAttribute("hidden", "");
  box.querySelector("[data-ask]")?.removeAttribute("hidden");
  box.querySelector("[data-load]")?.addEventListener("click", () => open(box), { once: true });
}
