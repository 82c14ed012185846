// What both maps share: whether this browser can draw one, the library when it is needed, a map with our frame.
import { styleFor } from "./map_style.js";

export const VIETNAM = [[102.1, 8.2], [109.6, 23.5]];

/** Whether the browser can draw the map at all. */
export function canDraw() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

/** Whether the person asked the phone to save data. */
export function savesData() {
  return Boolean(/** @type {any} */ (navigator).connection?.saveData);
}

/** After the list has been painted and the phone has nothing better to do. @param {() => void} then */
export function whenQuiet(then) {
  const soon = () => ("requestIdleCallback" in window ? requestIdleCallback(then, { timeout: 2500 }) : setTimeout(then, 300));
  if (document.readyState === "complete") soon();
  else addEventListener("load", soon, { once: true });
}

/** @param {string} href */
function stylesheet(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve, onerror: resolve });
    document.head.append(link);
  });
}

/**
 * Load the library and make a map in `box` ([data-canvas] inside it).
 * @param {HTMLElement} box @param {object} options for maplibre's Map
 */
export async function makeMap(box, options) {
  const { basemap, styles, attribution } = box.dataset;
  const fonts = JSON.parse(box.dataset.fonts ?? "{}");
  const words = JSON.parse(box.dataset.words ?? "{}");
  const [library] = await Promise.all([import("../vendor/maplibre/maplibre-gl.mjs"), stylesheet(styles ?? "")]);
  const choice = { basemap, fonts };
  const map = new library.Map({
    container: box.querySelector("[data-canvas]"),
    style: await styleFor(choice),
    attributionControl: basemap || attribution ? { compact: true, customAttribution: attribution || undefined } : false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 18,
    minZoom: 3,
    fadeDuration: 0,
    refreshExpiredTiles: false,
    locale: { "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out, "Map.Title": words.map },
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation?.();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", async () => map.setStyle(await styleFor(choice), { diff: false }));
  map.once("load", () => box.classList.add("map-ready"));
  return { map, library, words };
}
