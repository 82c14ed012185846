// "Chép" and "Chia sẻ": shown only where the browser can.

/** @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = /** @type {HTMLInputElement | null} */ (button.closest(".copy-box")?.querySelector(".copy-text"));
    field?.select(); // Without clipboard rights the text is at least marked, ready for a long press.
    if (!field || !document.execCommand("copy")) return;
  }
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  words.textContent = button.dataset.done ?? before;
  setTimeout(() => (words.textContent = before), 2000);
}

/** @param {HTMLElement} button */
export function start(button) {
  const { copy: text, share: url, title } = button.dataset;
  if (text !== undefined) {
    button.hidden = false;
    button.addEventListener("click", () => copy(text, button));
  } else if (url !== undefined && navigator.share) {
    button.hidden = false;
    button.addEventListener("click", () => navigator.share({ title, url }).catch(() => {}));
  }
}
