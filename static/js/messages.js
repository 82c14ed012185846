// Words from the system in #messages: shown where they are seen, closed when read.

/** The words of a <template> of base.html, as a message. @param {string} id */
export function say(id) {
  const words = /** @type {HTMLTemplateElement | null} */ (document.getElementById(id));
  const place = document.getElementById("messages");
  if (!words || !place) return;
  place.replaceChildren(words.content.cloneNode(true));
  keepInSight(place);
}

/** Messages that came while the page was open stay in sight until closed. @param {Element} place */
export function keepInSight(place) {
  place.classList.add("messages-late");
  const close = /** @type {HTMLTemplateElement | null} */ (document.getElementById("words-close"));
  for (const notice of place.querySelectorAll(".notice")) {
    if (!close || notice.querySelector("[data-close]")) continue;
    notice.append(close.content.cloneNode(true));
    notice.querySelector("[data-close]")?.addEventListener("click", () => notice.remove());
  }
}

/** Take back what `say` said. */
export function unsay() {
  const place = document.getElementById("messages");
  if (place?.classList.contains("messages-late")) place.replaceChildren();
}
