// A tap on a pin: its card in the list is brought up where the list stands beside the map, and a small window names it.
import { groupOf } from "./pins.js";

/** @type {any} */
let shown = null;

/** @param {string} code */
function pointOut(code) {
  document.querySelector(".case-here")?.classList.remove("case-here");
  const card = document.getElementById(`case-${code}`);
  if (!card) return;
  card.classList.add("case-here");
  if (matchMedia("(min-width: 60rem)").matches) card.scrollIntoView({ block: "center", behavior: "smooth" });
}

/** A small window at a place. @param {any} map @param {any} library @param {any} feature @param {Element} content @param {number} offset */
function show(map, library, feature, content, offset) {
  shown?.remove();
  shown = new library.Popup({ closeButton: false, maxWidth: "16rem", offset, focusAfterOpen: true })
    .setLngLat(feature.geometry.coordinates)
    .setDOMContent(content)
    .addTo(map);
}

/** A supply point says what it has and when. @param {any} map @param {any} library @param {any} feature */
export function openSupply(map, library, feature) {
  const box = document.createElement("div");
  box.className = "peek";
  const { name, goods, hours } = feature.properties;
  box.append(Object.assign(document.createElement("strong"), { textContent: name }));
  for (const words of [goods, hours]) {
    if (words) box.append(Object.assign(document.createElement("span"), { className: "quiet", textContent: words }));
  }
  show(map, library, feature, box, 14);
}

/** The words of a group, as the legend says them. @param {string} group */
function wordsOf(group) {
  return document.querySelector(`[data-legend] [data-group="${group}"]`)?.textContent?.trim() ?? "";
}

/** @param {{code: string, t: string}} found @param {string} group */
function windowOf(found, group) {
  const link = document.createElement("a");
  link.className = "peek";
  link.href = `/cases/${encodeURIComponent(found.code)}`;
  const state = document.createElement("span");
  state.className = `tag tag-${group}`;
  const mark = document.querySelector(`[data-legend] [data-group="${group}"] svg`)?.cloneNode(true);
  if (mark instanceof Element) {
    mark.setAttribute("class", "icon icon-small");
    state.append(mark);
  }
  state.append(wordsOf(group));
  const title = document.createElement("strong");
  title.textContent = found.t || found.code;
  link.append(title, state);
  return link;
}

/** @param {any} map @param {any} library @param {any} feature */
export function openCase(map, library, feature) {
  const found = feature.properties;
  const group = groupOf(found);
  pointOut(found.code);
  show(map, library, feature, windowOf(found, group), group === "torn" || group === "danger" ? 44 : 18);
}
