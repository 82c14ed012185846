// What somebody typed or chose before the scripts of the page were here, as happens on slow networks.

/** Whether the field no longer holds what the server wrote into it. @param {Element} field */
export function touched(field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const written = options.findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== (written < 0 ? options.findIndex((option) => !option.disabled) : written);
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLInputElement)) return false;
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}
