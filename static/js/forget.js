// What this phone keeps for somebody and gives up again: a draft that the server has acknowledged; when somebody
// signs out, every draft and the round, for names, numbers and homes stand in them. A cookie says which (app/web/drafts.py).

const COOKIE = /(?:^|; )acknowledged=([\w-]+)/;
const DRAFT = "lalanh:draft:";

/** Where a draft is kept. @param {string} name */
export const keyOf = (name) => DRAFT + name;

/** Remove the kept page of a round and whatever serves it. */
export async function forgetRound() {
  if (!("caches" in window)) return;
  await caches.delete("lalanh-round");
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
    if (new URL(worker.scope).pathname.startsWith("/me/round")) await worker.unregister();
  }
}

/** @param {string} name */
function forgetDraft(name) {
  try {
    const gone = Object.keys(localStorage).filter((key) => (name === "all" ? key.startsWith(DRAFT) : key === keyOf(name)));
    for (const key of gone) localStorage.removeItem(key);
  } catch {
    // A browser that lets nothing be kept has nothing to forget.
  }
}

const acknowledged = document.cookie.match(COOKIE)?.[1];
if (acknowledged) {
  document.cookie = "acknowledged=; path=/; max-age=0; samesite=lax";
  forgetDraft(acknowledged);
  if (acknowledged === "all") await forgetRound();
}
