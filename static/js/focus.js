// What has just appeared and must be read first gets the focus.

/** @param {HTMLElement} element */
export function start(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "center" });
}
