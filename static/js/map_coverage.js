// The green layer of the feed's map: each ward by how far behind it is. Colour and pattern; a tap tells the figures in words.
import { inks, isDark } from "./map_style.js";

const LEVELS = ["none", "kept_up", "slow", "behind"];
const LAYERS = ["coverage-fill", "coverage-slow", "coverage-behind"];
const OURS = ["clusters", "cluster-ones", "cases", "cases-live", "supply-points", "ward-counts"];
const FRESH_MS = 60_000;

/** @typedef {{level: string, open: number, waiting: number, counted_only: number, unmet: number, helpers: string}} Figures */

/** A tile of stripes or dots that repeats. @param {string} colour @param {boolean} stripes */
function pattern(colour, stripes) {
  const side = 16;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 3;
  if (stripes) {
    for (const shift of [-side, 0, side]) {
      pen.beginPath();
      pen.moveTo(shift - 2, side + 2);
      pen.lineTo(shift + side + 2, -2);
      pen.stroke();
    }
  } else {
    for (const [x, y] of [[4, 4], [12, 12]]) {
      pen.beginPath();
      pen.arc(x, y, 1.8, 0, 7);
      pen.fill();
    }
  }
  return pen.getImageData(0, 0, side, side);
}

/** @param {string} href */
function stylesheet(href) {
  if (!href || document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}

/** @param {Map<string, Figures>} wards @param {string[]} levels */
const codesOf = (wards, levels) => [...wards].filter(([, ward]) => levels.includes(ward.level)).map(([code]) => code);

/** @param {string[]} codes */
const among = (codes) => ["all", ["!=", ["get", "level"], "province"], ["in", ["get", "code"], ["literal", codes]]];

/** @param {any} map @param {Map<string, Figures>} wards */
function draw(map, wards) {
  const ink = inks();
  const strength = isDark() ? 0.5 : 0.38;
  const colours = LEVELS.flatMap((level) => {
    const codes = codesOf(wards, [level]);
    return codes.length ? [codes, level === "none" || level === "kept_up" ? ink.leaf : ink.torn] : [];
  });
  const strengths = LEVELS.flatMap((level, n) => {
    const codes = codesOf(wards, [level]);
    return codes.length ? [codes, [strength * 1.5, strength * 0.5, strength * 0.5, strength][n]] : [];
  });
  if (!map.getSource("areas")) {
    map.addSource("areas", { type: "vector", tiles: [`${location.origin}/tiles/areas/{z}/{x}/{y}.mvt`], minzoom: 0, maxzoom: 13 });
  }
  for (const [name, stripes] of /** @type {[string, boolean][]} */ ([["coverage-dots", false], ["coverage-stripes", true]])) {
    if (!map.hasImage(name)) map.addImage(name, pattern(ink.torn, stripes), { pixelRatio: 2 });
  }
  const below = ["commune-line", ...OURS].find((id) => map.getLayer(id));
  const base = { type: "fill", source: "areas", "source-layer": "areas" };
  remove(map);
  map.addLayer({
    ...base, id: "coverage-fill", filter: among([...wards.keys()]),
    paint: {
      "fill-color": colours.length ? ["match", ["get", "code"], ...colours, ink.land] : ink.land,
      "fill-opacity": strengths.length ? ["match", ["get", "code"], ...strengths, 0] : 0,
    },
  }, below);
  map.addLayer({ ...base, id: "coverage-slow", filter: among(codesOf(wards, ["slow"])), paint: { "fill-pattern": "coverage-dots", "fill-opacity": 0.8 } }, below);
  map.addLayer({ ...base, id: "coverage-behind", filter: among(codesOf(wards, ["behind"])), paint: { "fill-pattern": "coverage-stripes", "fill-opacity": 0.8 } }, below);
}

/** @param {any} map */
function remove(map) {
  for (const layer of LAYERS) if (map.getLayer(layer)) map.removeLayer(layer);
}

/** @param {string} name @param {string} code @param {Figures} ward @param {Record<string, string>} words */
function told(name, code, ward, words) {
  const box = Object.assign(document.createElement("div"), { className: "peek coverage-peek" });
  box.append(Object.assign(document.createElement("strong"), { textContent: name }));
  box.append(Object.assign(document.createElement("span"), { textContent: words[ward.level] }));
  const list = document.createElement("dl");
  /** @type {[string, string][]} */
  const lines = [["open", String(ward.open)], ["waiting", String(ward.waiting)], ["unmet", `${ward.unmet}%`]];
  if (ward.counted_only) lines.push(["counted_only", String(ward.counted_only)]);
  for (const [key, value] of lines) {
    list.append(Object.assign(document.createElement("dt"), { textContent: words[key] }), Object.assign(document.createElement("dd"), { textContent: value }));
  }
  box.append(list, Object.assign(document.createElement("span"), { className: "quiet", textContent: words[ward.helpers] }));
  const link = Object.assign(document.createElement("a"), { textContent: words.list, href: `/?area=${encodeURIComponent(code)}` });
  box.append(link);
  return box;
}

/** Offer the layer on a map. @param {HTMLElement} box @param {any} map @param {any} library */
export function offerCoverage(box, map, library) {
  const part = /** @type {HTMLElement | null} */ (box.querySelector("[data-coverage]"));
  const button = /** @type {HTMLButtonElement | null} */ (part?.querySelector("[data-coverage-switch]") ?? null);
  if (!part || !button) return;
  const legend = /** @type {HTMLElement} */ (part.querySelector("[data-coverage-legend]"));
  const at = /** @type {HTMLElement} */ (part.querySelector("[data-coverage-at]"));
  const words = JSON.parse(part.dataset.words ?? "{}");
  /** @type {Map<string, Figures>} */
  let wards = new Map();
  let timer = 0;
  /** @type {any} */
  let peek = null;
  const told_here = /** @type {HTMLElement} */ (part.querySelector("[data-coverage-told]"));
  const close = /** @type {HTMLElement} */ (part.querySelector("[data-coverage-close]"));
  const forget = () => {
    peek?.remove();
    told_here.replaceChildren();
    close.hidden = true;
    legend.classList.remove("coverage-tells");
  };
  const on = () => button.getAttribute("aria-pressed") === "true";

  const read = async () => {
    try {
      const { measured_at, wards: rows } = await (await fetch(part.dataset.url ?? "")).json();
      wards = new Map(rows.map((/** @type {any[]} */ [code, level, open, waiting, counted_only, unmet, helpers]) => [code, { level, open, waiting, counted_only, unmet, helpers }]));
      at.textContent = measured_at ? `${words.at} ${new Date(measured_at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })}` : "";
      if (on()) draw(map, wards);
      map.once("idle", () => (part.dataset.drawn = "true"));
    } catch {
      at.textContent = words.failed;
    }
  };
  const turn = async (/** @type {boolean} */ wanted) => {
    button.setAttribute("aria-pressed", String(wanted));
    box.classList.toggle("coverage-on", wanted);
    legend.hidden = !wanted;
    clearInterval(timer);
    forget();
    if (!wanted) {
      remove(map);
      return;
    }
    stylesheet(part.dataset.styles ?? "");
    await read();
    timer = window.setInterval(() => document.hidden || read(), FRESH_MS);
  };
  map.on("style.load", () => on() && draw(map, wards));
  map.on("click", (/** @type {any} */ event) => {
    if (!on()) return;
    const pins = OURS.filter((id) => map.getLayer(id));
    if (map.queryRenderedFeatures(event.point, { layers: pins }).length) return;
    const found = map.queryRenderedFeatures(event.point, { layers: ["coverage-fill"].filter((id) => map.getLayer(id)) })[0];
    const ward = found && wards.get(found.properties.code);
    forget();
    if (!ward) return;
    const content = told(found.properties.name, found.properties.code, ward, words);
    if (!matchMedia("(min-width: 60rem)").matches) {
      // On a phone the map is low: the figures take the legend's place.
      told_here.replaceChildren(content);
      close.hidden = false;
      legend.classList.add("coverage-tells");
      return;
    }
    peek = new library.Popup({ closeButton: false, maxWidth: "17rem", focusAfterOpen: true })
      .setLngLat(event.lngLat)
      .setDOMContent(content)
      .addTo(map);
  });
  button.addEventListener("click", () => turn(!on()));
  close.addEventListener("click", () => {
    forget();
    button.focus();
  });
  button.hidden = false;
  if (new URLSearchParams(location.search).has("coverage")) map.once("load", () => turn(true));
}
