// The posting form, one question a screen: steps with the phone's own "back", and a place that follows map and words.
// Without this module the same form stands whole on the page.

/** @param {HTMLFormElement} form */
function start(form) {
  const steps = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-screen]")]);
  for (const turn of form.querySelectorAll("[data-turn], [data-go]")) /** @type {HTMLElement} */ (turn).hidden = false;
  form.classList.add("post-steps");

  /** @param {number} number @param {boolean} [announce] */
  function show(number, announce = true) {
    const now = Math.min(Math.max(number, 1), steps.length);
    for (const step of steps) step.hidden = Number(step.dataset.screen) !== now;
    form.dataset.now = String(now);
    if (!announce) return;
    scrollTo({ top: 0 });
    /** @type {HTMLElement | null} */ (steps[now - 1].querySelector(".question"))?.focus({ preventScroll: true });
  }

  /** @param {number} number */
  function go(number) {
    const now = Number(form.dataset.now);
    if (number > now && !complete(steps[now - 1])) return;
    if (number > now) history.pushState({ step: number }, "", `#${number}`);
    else if (history.state?.step === now) return history.back();
    show(number);
  }

  /** The step where an element stands. @param {Element | null} element */
  const stepOf = (element) => Number(/** @type {HTMLElement | null} */ (element?.closest("[data-screen]"))?.dataset.screen ?? 0);

  form.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target.closest("[data-go]"));
    if (button) return go(Number(button.dataset.go));
    const link = /** @type {HTMLAnchorElement | null} */ (target.closest(".notice a[href^='#']"));
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    show(stepOf(field), false);
    field.scrollIntoView({ block: "center" });
    (field.matches("input, textarea, select") ? field : field.querySelector("input:not([type=hidden])"))?.focus();
  });
  // Enter in a field means "next", and only on the last step "send".
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement) || event.target.type === "submit") return;
    event.preventDefault();
    const now = Number(form.dataset.now);
    if (now < steps.length && event.target.type !== "search") go(now + 1);
  });
  form.addEventListener("input", () => {
    for (const word of form.querySelectorAll("[data-when-missing]:not([hidden])")) if (!missing(word)) tell(word, false);
  });
  const send = (/** @type {Event} */ event) => {
    const lacking = steps.find((step) => !complete(step));
    if (!lacking) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show(Number(lacking.dataset.screen));
    complete(lacking);
  };
  form.addEventListener("htmx:confirm", (event) => event.target === form && send(event));
  form.addEventListener("submit", (event) => !("htmx" in window) && send(event));
  const back = (/** @type {PopStateEvent} */ event) => (form.isConnected ? show(event.state?.step ?? 1) : removeEventListener("popstate", back));
  addEventListener("popstate", back);

  const wrong = form.querySelector(".field-wrong, .field-error:not([hidden])");
  show(stepOf(wrong) || Number(form.dataset.at ?? 1), false);
  follow(form);
}

/** Whether none of the fields that `word` is about holds anything. @param {Element} word */
function missing(word) {
  const names = (/** @type {HTMLElement} */ (word).dataset.whenMissing ?? "").split(",");
  const fields = /** @type {HTMLInputElement[]} */ ([...(word.closest("form")?.elements ?? [])]).filter((field) => names.includes(field.name));
  return !fields.some((field) => {
    if (field.disabled || !field.value.trim()) return false;
    if (!["checkbox", "radio"].includes(field.type)) return true;
    // Things of a category that is not chosen do not count.
    const kind = field.closest(".kind-items")?.parentElement?.querySelector("[name=category]");
    return field.checked && (!kind || /** @type {HTMLInputElement} */ (kind).checked);
  });
}

/** Say that something is missing, or no longer; one about a single field marks the field too. @param {Element} word @param {boolean} lacks */
function tell(word, lacks) {
  /** @type {HTMLElement} */ (word).hidden = !lacks;
  const field = word.previousElementSibling?.querySelector(":scope > input");
  if (!field) return;
  for (const [name, value] of [["aria-invalid", "true"], ["aria-describedby", word.id]]) {
    if (lacks) field.setAttribute(name, value);
    else field.removeAttribute(name);
  }
}

/** Show what is still missing in a step; true when nothing is. @param {Element} step */
function complete(step) {
  const lacking = [...step.querySelectorAll("[data-when-missing]")].filter((word) => {
    const lacks = missing(word);
    tell(word, lacks);
    return lacks;
  });
  lacking[0]?.scrollIntoView({ block: "center" });
  return !lacking.length;
}

/** Keep the ward in step with what was chosen, and the map with the ward. @param {HTMLFormElement} form */
function follow(form) {
  const place = /** @type {HTMLElement} */ (form.querySelector("#place"));
  const search = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const ask = () => form.dispatchEvent(new CustomEvent("search-ward"));

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 350);
  });
  // The phone's own position speaks for itself; a ward that was corrected before belonged to another place.
  form.addEventListener("located", () => {
    const code = field("commune_code");
    if (code) code.value = "";
    search.value = "";
  }, { capture: true });
  place.addEventListener("change", () => queueMicrotask(() => (search.value = "")));
  place.addEventListener("htmx:afterSwap", () => {
    form.dispatchEvent(new Event("input")); // The draft holds the ward as well.
    const names = /** @type {HTMLDetailsElement | null} */ (form.querySelector(".ward-search"));
    if (names && !names.contains(document.activeElement)) names.open = !place.querySelector(".place-known");
    const look = /** @type {HTMLElement | null} */ (place.querySelector("[data-look]"));
    if (!look) return;
    const { lat, lon } = look.dataset;
    document.dispatchEvent(new CustomEvent("lalanh:look", { detail: { lat, lon, zoom: 15 } }));
  });
  const restored = () => {
    if (field("lat")?.value || field("commune_code")?.value || field("address")?.value || search.value) ask();
  };
  form.addEventListener("draft:restored", restored);
  if (form.hasAttribute("data-filled")) return;
  // Nothing can be asked before htmx listens.
  if ("ready" in document.documentElement.dataset) restored();
  else document.addEventListener("htmx:load", restored, { once: true });
}

const wake = (/** @type {ParentNode} */ root) => {
  for (const form of root.querySelectorAll("form[data-steps]:not(.post-steps)")) start(/** @type {HTMLFormElement} */ (form));
};
wake(document);
document.addEventListener("htmx:load", () => wake(document));
