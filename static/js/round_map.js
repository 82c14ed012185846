// The way of a round: a line through the places still to go to, each with its number.
import { canDraw, makeMap, savesData, whenQuiet } from "./map_base.js";
import { inks } from "./map_style.js";

/** @typedef {{n: number, kind: string, lon: number, lat: number}} Place */

/** @param {any} map @param {Place[]} places */
function drawLine(map, places) {
  if (map.getSource("way")) return;
  const ink = inks();
  map.addSource("way", {
    type: "geojson",
    data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: places.map(({ lon, lat }) => [lon, lat]) } },
  });
  const layout = { "line-cap": "round", "line-join": "round" };
  map.addLayer({ id: "way-edge", type: "line", source: "way", layout, paint: { "line-color": ink.halo, "line-width": 7 } });
  map.addLayer({ id: "way", type: "line", source: "way", layout, paint: { "line-color": ink.way, "line-width": 3.5, "line-dasharray": [1, 1.8] } });
}

/** @param {HTMLElement} box */
async function open(box) {
  /** @type {Place[]} */
  const places = JSON.parse(box.dataset.stops ?? "[]");
  const lons = places.map((place) => place.lon);
  const lats = places.map((place) => place.lat);
  const bounds = [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
  const { map, library } = await makeMap(box, { bounds, fitBoundsOptions: { padding: 44, maxZoom: 15 } });
  map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
  map.on("style.load", () => drawLine(map, places));
  // Several stops at one counter stand under one mark.
  /** @type {Map<string, Place[]>} */
  const marks = new Map();
  for (const place of places) {
    const key = `${place.lon},${place.lat}`;
    marks.set(key, [...(marks.get(key) ?? []), place]);
  }
  for (const here of marks.values()) {
    const element = document.createElement("div");
    const numbered = here.filter((place) => place.n);
    element.className = `round-mark round-mark-${(numbered[0] ?? here[0]).kind}`;
    element.textContent = numbered.map((place) => place.n).join(" ");
    new library.Marker({ element }).setLngLat([here[0].lon, here[0].lat]).addTo(map);
  }
}

/** @param {HTMLElement} box */
export function start(box) {
  if (!canDraw() || savesData()) return; // The list says the same.
  box.hidden = false;
  whenQuiet(() => open(box));
}
