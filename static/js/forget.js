// Signing out takes along what this phone keeps of a round and of drafts: names, numbers and homes stand in them.

import { forgetDrafts } from "./draft.js";

/** Remove the kept page of a round and whatever serves it. */
export async function forgetRound() {
  if (!("caches" in window)) return;
  await caches.delete("lalanh-round");
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
    if (new URL(worker.scope).pathname.startsWith("/me/round")) await worker.unregister();
  }
}

/** @param {HTMLFormElement} form */
export function start(form) {
  form.addEventListener("submit", () => {
    forgetDrafts();
    void forgetRound();
  });
}
