// The keyboard in the officials' table: / search, J and K down and up, V verify; Enter opens because rows are links.

const TYPING = "input, select, textarea, [contenteditable]";

/** @returns {HTMLAnchorElement[]} */
const rows = () => [...document.querySelectorAll("[data-console-rows] a[data-row]")];

/** @param {number} step */
function move(step) {
  const all = rows();
  const here = all.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + step))];
  next?.focus();
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
}

/** @type {Record<string, () => void>} */
const KEYS = {
  "/": () => document.querySelector("input[type=search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  v: () => document.activeElement?.closest("tr")?.querySelector("[data-verify]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /** @type {Element} */ (event.target).matches(TYPING)) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

// The row that was verified comes back new: the keyboard stays on it.
document.addEventListener("htmx:afterSwap", (event) => {
  const row = /** @type {CustomEvent} */ (event).detail.elt;
  if (row instanceof HTMLTableRowElement) row.querySelector("a[data-row]")?.focus();
});

// The figures above the filters, and the way back to all, follow what was chosen.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const asked = new URLSearchParams(location.search);
  const chosen = asked.getAll("status");
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".figures a[data-status]"))) {
    if (chosen.length === 1 && chosen[0] === link.dataset.status) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const clear = /** @type {HTMLElement | null} */ (document.querySelector("[data-clear]"));
  if (clear) clear.hidden = ![...asked.keys()].some((name) => name !== "sort");
});
