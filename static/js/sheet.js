// Opens and closes <dialog class="sheet">; a tap beside it closes it, as Escape does.

/** @param {HTMLElement} element */
export function start(element) {
  if (element instanceof HTMLDialogElement) {
    element.addEventListener("click", (event) => {
      if (event.target === element) element.close();
    });
    if (element.hasAttribute("data-open-at-start")) element.showModal();
    return;
  }
  element.addEventListener("click", (event) => {
    const dialog = document.getElementById(element.dataset.open ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault(); // A link stays a link for those without JavaScript.
    dialog.showModal();
  });
}
