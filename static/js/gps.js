// The phone's own position, asked for only on a tap.

// About 110 m: cases stand that far from their homes anyway, an address that is shared says less of the
// sender, and neighbours ask for the same list.
const STEP_DIGITS = 3;

/** @returns {Promise<GeolocationCoordinates>} */
export function position() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) reject(new Error("no geolocation"));
    else {
      navigator.geolocation.getCurrentPosition((found) => resolve(found.coords), reject, {
        enableHighAccuracy: true,
        timeout: 15_000,
        maximumAge: 60_000,
      });
    }
  });
}

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function put(form, name, value) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value;
}

/** Fill `lat`, `lon`, `accuracy` and `near` where the form has them. @param {HTMLFormElement} form @param {{latitude: number, longitude: number, accuracy: number}} at */
export function fillPlace(form, { latitude, longitude, accuracy }) {
  put(form, "lat", latitude.toFixed(6));
  put(form, "lon", longitude.toFixed(6));
  put(form, "accuracy", String(Math.round(accuracy)));
  put(form, "near", `${latitude.toFixed(STEP_DIGITS)},${longitude.toFixed(STEP_DIGITS)}`);
  form.dispatchEvent(new CustomEvent("located", { bubbles: true, detail: { lat: latitude, lon: longitude, accuracy } }));
}

/** @param {HTMLButtonElement} button */
export function start(button) {
  if (!navigator.geolocation) return;
  button.hidden = false;
  const words = button.querySelector("span") ?? button;
  const ready = words.textContent;
  button.addEventListener("click", async () => {
    words.textContent = button.dataset.wait ?? ready;
    button.disabled = true;
    try {
      const found = await position();
      words.textContent = ready;
      if (button.form) fillPlace(button.form, found);
    } catch {
      words.textContent = button.dataset.denied ?? ready;
    } finally {
      button.disabled = false;
    }
  });
}
