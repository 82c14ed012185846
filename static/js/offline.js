// A dead or slow network: a thin line at the top, a calm word when something was not sent, and nothing lost.
import { keepInSight, say } from "./messages.js";

const line = document.getElementById("offline-line");

function show() {
  if (line) line.hidden = navigator.onLine;
}

addEventListener("online", show);
addEventListener("offline", show);
show();

document.addEventListener("htmx:sendError", () => say("words-offline"));
document.addEventListener("htmx:timeout", () => say("words-offline"));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = /** @type {CustomEvent} */ (event).detail;
  if (xhr.status >= 500) say("words-failed");
});
document.addEventListener("htmx:afterSwap", (event) => {
  const { target } = /** @type {CustomEvent} */ (event).detail;
  if (target?.id === "messages") keepInSight(target);
});

// A plain form sent without a network would end on the browser's error page.
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (navigator.onLine || form.method === "dialog") return;
  event.preventDefault();
  say("words-offline");
});

// A second tap on the same button must not send twice; coming back to the page makes it usable again.
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-get], [hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
  setTimeout(() => forget(form), 15_000);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) forget(form);
});

/** @param {HTMLFormElement} form */
function forget(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}
