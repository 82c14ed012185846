// How the built-in map looks: land, borders and names from our own tiles, letters from our own fonts. No other site is asked.

const RANGES = {
  latin: ["U+0000-00FF", "U+2000-206F", "U+20AC", "U+2122"],
  vietnamese: ["U+0102-0103", "U+0110-0111", "U+0128-0129", "U+0168-0169", "U+01A0-01A1", "U+01AF-01B0", "U+0300-0301", "U+0303-0304", "U+0308-0309", "U+0323", "U+1EA0-1EF9", "U+20AB"],
};
/** Names of fonts in the style; each is one of our files. */
export const REGULAR = "Be Vietnam Pro";
export const STRONG = "Be Vietnam Pro SemiBold";

const LIGHT = {
  sea: "#dfe9ea", land: "#faf8f2", commune: "#d3cebf", province: "#a39c88", words: "#5b6b64", strong: "#39463f", halo: "#ffffff", wordHalo: "#faf8f2",
  torn: "#c65a05", danger: "#c62828", way: "#2563a8", leaf: "#1f7a4d", me: "#2563a8",
};
const DARK = {
  sea: "#0e1214", land: "#1d2326", commune: "#374247", province: "#66757b", words: "#9dafa6", strong: "#c9d4ce", halo: "#14181a", wordHalo: "#1d2326",
  torn: "#ff9a4a", danger: "#ff6b61", way: "#7db4f0", leaf: "#4fbf86", me: "#7db4f0",
};

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colours of the map as the page is now. @returns {Record<string, string>} */
export function inks() {
  return isDark() ? DARK : LIGHT;
}

/** @param {Record<string, string>} files addresses of the fonts: latin-400, vietnamese-400, latin-600, vietnamese-600 */
function fontFaces(files) {
  /** @param {number} weight */
  const faces = (weight) => ["vietnamese", "latin"].map((part) => ({
    url: new URL(files[`${part}-${weight}`], location.href).href,
    "unicode-range": RANGES[part],
  }));
  return { [REGULAR]: faces(400), [STRONG]: faces(600) };
}

/** @param {Record<string, string>} ink */
function layers(ink) {
  const name = ["get", "name"];
  const isProvince = ["==", ["get", "level"], "province"];
  return [
    { id: "sea", type: "background", paint: { "background-color": ink.sea } },
    { id: "land", type: "fill", source: "areas", "source-layer": "areas", paint: { "fill-color": ink.land, "fill-antialias": false } },
    {
      id: "commune-line", type: "line", source: "areas", "source-layer": "areas", filter: ["!", isProvince],
      paint: { "line-color": ink.commune, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.4, 12, 1, 16, 1.6] },
    },
    {
      id: "province-line", type: "line", source: "areas", "source-layer": "areas", filter: isProvince,
      paint: { "line-color": ink.province, "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.6, 9, 1.4, 14, 2.4] },
    },
    {
      id: "commune-name", type: "symbol", source: "areas", "source-layer": "area_labels", filter: ["!", isProvince], minzoom: 10,
      layout: {
        "text-field": name, "text-font": ["step", ["zoom"], ["literal", [REGULAR]], 12, ["literal", [STRONG]]],
        "text-max-width": 7, "text-padding": 8, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 11, 15, 16],
      },
      paint: { "text-color": ["step", ["zoom"], ink.words, 12, ink.strong], "text-halo-color": ink.wordHalo, "text-halo-width": 1.4 },
    },
    {
      id: "province-name", type: "symbol", source: "areas", "source-layer": "area_labels", filter: isProvince, maxzoom: 11,
      layout: {
        "text-field": name, "text-font": [STRONG], "text-max-width": 7, "text-padding": 4,
        "text-size": ["interpolate", ["linear"], ["zoom"], 4, 11, 9, 15],
      },
      paint: { "text-color": ink.strong, "text-halo-color": ink.wordHalo, "text-halo-width": 1.6 },
    },
  ];
}

/**
 * The style under the pins: a real basemap when the site has one, else our own.
 * @param {{basemap?: string, fonts: Record<string, string>}} choice
 */
export async function styleFor({ basemap, fonts }) {
  if (basemap) {
    try {
      const style = await (await fetch(basemap)).json();
      return { ...style, "font-faces": { ...style["font-faces"], ...fontFaces(fonts) } };
    } catch {
      // The basemap's site is away: ours is always there.
    }
  }
  return {
    version: 8,
    sources: {
      areas: { type: "vector", tiles: [`${location.origin}/tiles/areas/{z}/{x}/{y}.mvt`], minzoom: 0, maxzoom: 13 },
    },
    "font-faces": fontFaces(fonts),
    layers: layers(inks()),
    transition: { duration: 0 },
  };
}
