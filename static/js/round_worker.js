// Keeps the round that somebody is on readable without a network: its page and what the page is made of, nothing else.
// The page itself fills this cache (round.js) and empties it; signing out does so too (forget.js).

const CACHE = "lalanh-round";
const KEPT_MS = 24 * 3_600_000;
const PATIENCE_MS = 6_000;
const ROUND = /^\/me\/round\/[0-9a-f-]{36}$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** The page from the network; from the cache when the network does not answer. @param {Request} request */
async function roundPage(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    // Signed out, or somebody else: what was kept is not for them.
    if (answer.redirected || answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) await caches.delete(CACHE);
    return answer;
  } catch (error) {
    const kept = await caches.match(new URL(request.url).pathname, { cacheName: CACHE });
    const fresh = kept && Date.now() - Date.parse(kept.headers.get("date") ?? "") < KEPT_MS;
    if (fresh) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && ROUND.test(url.pathname)) event.respondWith(roundPage(request));
  else if (/^\/(static|assets)\//.test(url.pathname)) {
    event.respondWith(fetch(request).catch(async (error) => {
      const kept = await caches.match(request, { cacheName: CACHE });
      if (kept) return kept;
      throw error;
    }));
  }
});
