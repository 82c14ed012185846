// A plan on the map: a line from where help starts to each case. Row and line point each other out.
import { canDraw, makeMap, VIETNAM, whenQuiet } from "./map_base.js";
import { inks } from "./map_style.js";
import { addPins } from "./pins.js";

const PADDING = 48;

/** @typedef {{id: string, code: string, urgent: boolean, state: string, helper: string, point: boolean, at: number[], from: number[] | null}} Line */

/** @param {Line[]} lines */
function sourceOf(lines) {
  const features = lines.flatMap((line) => {
    const properties = { id: line.id, code: line.code, helper: line.helper, state: line.state, urgent: line.urgent, point: line.point };
    /** @type {any[]} */
    const made = [{ type: "Feature", properties: { ...properties, kind: "case" }, geometry: { type: "Point", coordinates: line.at } }];
    if (line.from) {
      made.push({ type: "Feature", properties: { ...properties, kind: "line" }, geometry: { type: "LineString", coordinates: [line.from, line.at] } });
      made.push({ type: "Feature", properties: { ...properties, kind: "start" }, geometry: { type: "Point", coordinates: line.from } });
    }
    return made;
  });
  return { type: "FeatureCollection", features };
}

/** @param {Line[]} lines */
function boundsOf(lines) {
  const places = lines.flatMap((line) => (line.from ? [line.at, line.from] : [line.at]));
  if (!places.length) return VIETNAM;
  const lons = places.map((place) => place[0]);
  const lats = places.map((place) => place[1]);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

/** @param {string} kind */
const only = (kind) => ["==", ["get", "kind"], kind];
/** @param {string} id */
const chosen = (id) => ["all", only("line"), ["==", ["get", "id"], id]];

/** Sources and layers; again after every change of style. @param {any} map @param {Line[]} lines */
function draw(map, lines) {
  if (map.getSource("plan")) return;
  const ink = inks();
  const colour = ["match", ["get", "state"], "taken", ink.leaf, "refused", ink.danger, ink.way];
  addPins(map, ink);
  map.addSource("plan", { type: "geojson", data: sourceOf(lines) });
  map.addLayer({
    id: "plan-lines", type: "line", source: "plan", filter: only("line"), layout: { "line-cap": "round" },
    paint: { "line-color": colour, "line-width": 2.5, "line-opacity": 0.75, "line-dasharray": ["match", ["get", "state"], "refused", ["literal", [1, 2.5]], ["literal", [1, 0]]] },
  });
  map.addLayer({
    id: "plan-here", type: "line", source: "plan", filter: chosen(""), layout: { "line-cap": "round" },
    paint: { "line-color": colour, "line-width": 7 },
  });
  map.addLayer({
    id: "plan-starts", type: "circle", source: "plan", filter: only("start"),
    paint: { "circle-radius": 6, "circle-color": ink.halo, "circle-stroke-width": 3, "circle-stroke-color": colour },
  });
  map.addLayer({
    id: "plan-cases", type: "symbol", source: "plan", filter: only("case"),
    layout: {
      "icon-image": ["case", ["==", ["get", "state"], "taken"], "pin-taken", ["get", "urgent"], "pin-danger", "pin-torn"],
      "icon-anchor": ["case", ["==", ["get", "state"], "taken"], "center", "bottom"],
      "icon-size": 0.8, "icon-allow-overlap": true, "icon-ignore-placement": true,
    },
  });
}

/** @param {HTMLElement} figure */
async function open(figure) {
  const box = /** @type {HTMLElement} */ (figure.querySelector("[data-box]"));
  const read = async () => (await fetch(figure.dataset.lines ?? "", { headers: { Accept: "application/json" } })).json();
  /** @type {Line[]} */
  let lines = await read();
  const { map, library } = await makeMap(box, { bounds: boundsOf(lines), fitBoundsOptions: { padding: PADDING, maxZoom: 15 } });
  map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
  map.on("style.load", () => draw(map, lines));
  /** @type {any} */
  let peek = null;

  /** @param {string} id */
  const pointOut = (id) => {
    if (map.getLayer("plan-here")) map.setFilter("plan-here", chosen(id));
    figure.dataset.here = id;
    for (const row of document.querySelectorAll("tr[data-line]")) row.classList.toggle("plan-here", row instanceof HTMLElement && row.dataset.line === id);
  };
  for (const layer of ["plan-cases", "plan-starts", "plan-lines"]) {
    map.on("click", layer, (/** @type {any} */ event) => {
      const found = event.features[0].properties;
      pointOut(found.id);
      document.querySelector(`tr[data-line="${found.id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
      const words = Object.assign(document.createElement("div"), { className: "peek" });
      words.append(Object.assign(document.createElement("strong"), { textContent: found.code }));
      words.append(Object.assign(document.createElement("span"), { textContent: found.helper || figure.dataset.nobody }));
      peek?.remove();
      peek = new library.Popup({ closeButton: false, offset: 14 }).setLngLat(event.lngLat).setDOMContent(words).addTo(map);
    });
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const row = /** @type {Element} */ (event.target).closest?.("tr[data-line]");
      if (row instanceof HTMLElement) pointOut(row.dataset.line ?? "");
    });
  }
  // A line was changed in the table: the map follows.
  document.addEventListener("htmx:afterSwap", async (event) => {
    if (!(/** @type {CustomEvent} */ (event).detail.elt instanceof HTMLTableRowElement)) return;
    lines = await read();
    map.getSource("plan")?.setData(sourceOf(lines));
  });
}

const figure = /** @type {HTMLElement | null} */ (document.querySelector("[data-plan-map]"));
if (figure && canDraw()) {
  figure.hidden = false;
  whenQuiet(() => open(figure));
}
