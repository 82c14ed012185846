// A case while it is looked at: time runs down, and what others do shows without reloading.

const MINUTE_MS = 60_000;

function tick() {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-until]"))) {
    const left = Math.floor((Date.parse(time.dateTime) - Date.now()) / MINUTE_MS);
    const { hours = "", minutes = "", over = "" } = time.dataset;
    const words = left < 0 ? over : left >= 60 ? hours : minutes;
    time.textContent = words.replace("{h}", String(Math.floor(left / 60))).replace("{m}", String(left % 60));
  }
}
setInterval(tick, 20_000);

/** Whether the person is in the middle of something that a fresh page would take away. @param {HTMLElement} page */
function busy(page) {
  const typing = document.activeElement instanceof HTMLElement && document.activeElement.matches("input, textarea") && page.contains(document.activeElement);
  return typing || Boolean(page.querySelector("details.act-why[open], .htmx-request"));
}

// What the person has just done comes back over the stream as well: their page is fresh already, with its answer.
const FRESH_MS = 4_000;
let acted = 0;
document.addEventListener("htmx:afterSwap", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.requestConfig.verb === "get") return;
  acted = Date.now();
  document.getElementById("messages")?.replaceChildren(); // What was said before is answered by what is said now.
});

document.addEventListener("lalanh:changed", (event) => {
  const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-case]"));
  if (!page || busy(page)) return;
  const { cases, poll } = /** @type {CustomEvent} */ (event).detail;
  const fresh = Date.now() - acted < FRESH_MS;
  const mine = cases.some(
    (/** @type {{code?: string, status?: string}} */ changed) =>
      changed.code === page.dataset.code && !(fresh && changed.status === page.dataset.status),
  );
  if (mine || (poll && !fresh)) htmx.ajax("GET", location.pathname, { source: page, target: page, swap: "outerHTML show:none" });
});
