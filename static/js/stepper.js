// − and + beside a number. Numbers are written as the language writes them ("1,5").

const decimalComma = document.documentElement.lang !== "en";

/** @param {string} text */
function read(text) {
  const plain = decimalComma ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return Number.parseFloat(plain);
}

/** @param {number} number */
function write(number) {
  return number.toLocaleString(decimalComma ? "vi" : "en", { maximumFractionDigits: 2, useGrouping: false });
}

/** @param {HTMLElement} box */
export function start(box) {
  const input = box.querySelector("input");
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (box.querySelectorAll("[data-move]"));
  if (!input) return;
  const min = Number(box.dataset.min ?? 0);
  const max = box.dataset.max === undefined ? Infinity : Number(box.dataset.max);
  const step = Number(box.dataset.step ?? 1);

  function limit() {
    const now = read(input.value);
    for (const button of buttons) {
      button.disabled = Number(button.dataset.move) < 0 ? now <= min : now >= max;
    }
  }

  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const now = read(input.value);
      const base = Number.isNaN(now) ? min : now + Number(button.dataset.move) * step;
      input.value = write(Math.min(max, Math.max(min, base)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  input.addEventListener("input", limit);
  limit();
}
