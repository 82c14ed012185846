// Cases on the map: clusters from afar, pins from near, and what has just changed on top until the tiles know it.
import { addPins, GROUP_EXPRESSION } from "./pins.js";
import { STRONG } from "./map_style.js";

const MAX_LIVE = 200;
/** @type {Map<string, object>} */
const live = new Map();

/** @param {string} query */
const tilesOf = (query) => [`${location.origin}/tiles/cases/{z}/{x}/{y}.mvt${query ? `?${query}` : ""}`];

/** @param {Record<string, string>} ink */
function clusterColour(ink) {
  return ["match", ["get", "g"], "taken", ink.way, "helped", ink.leaf, ink.torn];
}

// A cluster of one is that case: it gets the pin of its state.
const ALONE = ["==", ["coalesce", ["get", "all"], ["get", "n"]], 1];
const IN_DANGER = [">", ["coalesce", ["get", "urgent"], 0], 0];

const PIN_LAYOUT = {
  "icon-image": ["concat", "pin-", GROUP_EXPRESSION],
  "icon-anchor": ["match", GROUP_EXPRESSION, ["torn", "danger"], "bottom", "center"],
  "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.72, 15, 1],
  "icon-allow-overlap": true,
  "icon-ignore-placement": true, // Names of wards may stand under pins.
  "symbol-sort-key": ["match", GROUP_EXPRESSION, "helped", 0, "taken", 1, "torn", 2, 3],
  "symbol-z-order": "auto",
};

/** Sources, images and layers of the cases; again after every change of style. @param {any} map @param {string} query @param {Record<string, string>} ink */
export function addCases(map, query, ink) {
  addPins(map, ink);
  if (map.getSource("cases")) return;
  map.addSource("cases", { type: "vector", tiles: tilesOf(query), minzoom: 0, maxzoom: 14 });
  map.addSource("cases-live", { type: "geojson", data: livePoints() });
  addNeighbours(map, ink);
  map.addLayer({
    id: "clusters", type: "circle", source: "cases", "source-layer": "clusters", filter: ["!", ALONE],
    paint: {
      "circle-color": clusterColour(ink),
      "circle-radius": ["interpolate", ["linear"], ["log10", ["max", ["get", "n"], 1]], 0, 17, 1, 20, 2, 25, 3, 30, 5, 38],
      "circle-stroke-color": ink.halo,
      "circle-stroke-width": 2.5,
    },
  });
  map.addLayer({
    id: "cluster-marks", type: "symbol", source: "cases", "source-layer": "clusters", filter: ["!", ALONE],
    layout: {
      "icon-image": ["concat", "mark-", ["match", ["get", "g"], "taken", "taken", "helped", "helped", "torn"]],
      "icon-offset": [0, -9], "icon-size": 0.8, "icon-allow-overlap": true, "icon-ignore-placement": true,
      "text-field": ["number-format", ["get", "n"], { locale: document.documentElement.lang || "vi" }],
      "text-font": [STRONG], "text-size": 13, "text-offset": [0, 0.45], "text-allow-overlap": true, "text-ignore-placement": true,
    },
    paint: { "text-color": ink.halo },
  });
  map.addLayer({
    id: "cluster-danger", type: "symbol", source: "cases", "source-layer": "clusters", filter: ["all", ["!", ALONE], IN_DANGER],
    layout: {
      "icon-image": "badge-danger", "icon-allow-overlap": true, "icon-ignore-placement": true,
      "icon-offset": ["step", ["get", "n"], ["literal", [14, -14]], 100, ["literal", [18, -18]], 1000, ["literal", [22, -22]]],
    },
  });
  map.addLayer({
    id: "cluster-ones", type: "symbol", source: "cases", "source-layer": "clusters", filter: ALONE,
    layout: {
      ...PIN_LAYOUT,
      "icon-image": ["case", IN_DANGER, "pin-danger", ["match", ["get", "g"], "taken", "pin-taken", "helped", "pin-helped", "pin-torn"]],
      "icon-anchor": ["match", ["get", "g"], ["taken", "helped"], "center", "bottom"],
    },
  });
  map.addLayer({ id: "cases", type: "symbol", source: "cases", "source-layer": "cases", layout: PIN_LAYOUT, filter: notLive() });
  map.addLayer({ id: "cases-live", type: "symbol", source: "cases-live", minzoom: 13, layout: PIN_LAYOUT });
}

/** Quiet neighbours of the cases: supply points, and how many ask a medic in each ward. @param {any} map @param {Record<string, string>} ink */
function addNeighbours(map, ink) {
  map.addLayer({
    id: "supply-points", type: "symbol", source: "cases", "source-layer": "supply_points", minzoom: 13,
    layout: { "icon-image": "pin-store", "icon-padding": 4 },
  });
  map.addLayer({
    id: "ward-counts", type: "symbol", source: "cases", "source-layer": "ward_counts", minzoom: 11,
    layout: {
      "icon-image": "pin-medic", "icon-offset": [-9, 0], "icon-allow-overlap": true, "icon-ignore-placement": true,
      "text-field": ["number-format", ["get", "n"], { locale: document.documentElement.lang || "vi" }],
      "text-font": [STRONG], "text-size": 12, "text-anchor": "left", "text-offset": [0.1, 0], "text-allow-overlap": true, "text-ignore-placement": true,
    },
    paint: { "text-color": ink.strong, "text-halo-color": ink.wordHalo, "text-halo-width": 2 },
  });
}

/** Another filter: other tiles. @param {any} map @param {string} query */
export function changeQuery(map, query) {
  live.clear();
  showLive(map);
  map.getSource("cases")?.setTiles(tilesOf(query));
}

const livePoints = () => ({ type: "FeatureCollection", features: [...live.values()] });
const notLive = () => ["!", ["in", ["get", "code"], ["literal", [...live.keys()]]]];

/** @param {any} map */
function showLive(map) {
  map.getSource("cases-live")?.setData(livePoints());
  if (map.getLayer("cases")) map.setFilter("cases", notLive());
}

/** @param {any} changed @param {URLSearchParams} query */
function passes(changed, query) {
  const wanted = (/** @type {string} */ name, /** @type {string} */ value) => !query.has(name) || query.getAll(name).includes(value);
  return wanted("category", changed.category) && wanted("urgency", changed.urgency) && (wanted("status", changed.status) || wanted("status", changed.g));
}

/**
 * Show at once what has changed, and ask for fresh tiles. A search, an area or a distance cannot be judged here: then the tiles alone answer.
 * @param {any} map @param {any[]} cases @param {URLSearchParams} query
 */
export function livePins(map, cases, query) {
  if (!["q", "area", "radius_m"].some((name) => query.has(name))) {
    for (const changed of cases) {
      if (!changed.code) continue;
      live.delete(changed.code);
      if (!changed.g || changed.lon === undefined || changed.lon === null || !passes(changed, query)) continue;
      live.set(changed.code, {
        type: "Feature",
        geometry: { type: "Point", coordinates: [changed.lon, changed.lat] },
        properties: { code: changed.code, g: changed.g, u: changed.urgency, c: changed.category, t: changed.title ?? "" },
      });
      if (live.size > MAX_LIVE) live.delete(live.keys().next().value);
    }
    showLive(map);
  }
  if (map.getSource("cases")) map.refreshTiles("cases");
}

