// A pin on a small map: the pin stands still in the middle, the map moves under it. Fills lat and lon of its form, fires `picked`.
import { canDraw, makeMap, VIETNAM } from "./map_base.js";

/** @param {HTMLElement} box */
async function open(box) {
  const form = box.closest("form");
  const { lat, lon, zoom } = box.dataset;
  const known = Boolean(lat && lon);
  // Our own map has no streets: from a little further away the borders and names of the wards are in sight.
  const near = box.dataset.basemap ? 16 : 14.2;
  const view = known
    ? { center: [Number(lon), Number(lat)], zoom: Number(zoom ?? near) }
    : { bounds: VIETNAM, fitBoundsOptions: { padding: 16 } };
  const { map, library } = await makeMap(box, view);
  map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");

  /** @param {string} name @param {number} value */
  const put = (name, value) => {
    const field = form?.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value.toFixed(6);
  };
  const set = () => box.classList.remove("map-unset");
  const chosen = form?.elements.namedItem("lat");
  box.classList.toggle("map-unset", chosen instanceof HTMLInputElement && !chosen.value);
  map.on("movestart", () => box.classList.add("map-moving"));
  map.on("moveend", (/** @type {any} */ event) => {
    box.classList.remove("map-moving");
    if (!event.originalEvent) return; // Only what the person did is a choice.
    const { lat, lng } = map.getCenter();
    put("lat", lat);
    put("lon", lng);
    set();
    form?.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { lat, lon: lng, zoom: map.getZoom() } }));
  });

  /** @param {Event} event */
  const follow = (event) => {
    const { lat, lon, zoom } = /** @type {CustomEvent} */ (event).detail;
    map.flyTo({ center: [Number(lon), Number(lat)], zoom: Number(zoom ?? near), duration: 500 });
  };
  form?.addEventListener("located", follow);
  form?.addEventListener("located", set);
  document.addEventListener("lalanh:look", follow);
}

/** @param {HTMLElement} box */
export function start(box) {
  if (!canDraw()) return; // The address field and the GPS button do the same.
  box.hidden = false;
  // The library is large: it comes when the map comes into sight.
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    open(box);
  });
  seen.observe(box);
}
