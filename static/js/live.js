// What changes while the page is open: an event stream, and polling where that does not get through.
// Fires `lalanh:changed` on document; `detail` is {cases: […]} from the stream or {cases: [], poll: true}.
// While too many people are here (`data-busy`, or an event `busy`) it asks seldom, and each page at its own time.

const POLL_MS = Number(document.body.dataset.pollMs) || 30_000;
const BUSY_MS = 4 * POLL_MS;
const GATHER_MS = 150;
const JITTER_MS = 350;

const url = document.body.dataset.liveUrl;
/** @type {Map<string, object>} */
const waiting = new Map();
let gathering = 0;
let polling = 0;

/** @param {object} detail */
function tell(detail) {
  document.dispatchEvent(new CustomEvent("lalanh:changed", { detail }));
}

// A burst becomes one message, and not every phone asks the server in the same instant.
/** @param {MessageEvent} event */
function heard(event) {
  const changed = JSON.parse(event.data);
  waiting.set(changed.code ?? event.lastEventId, changed);
  if (gathering) return;
  gathering = setTimeout(() => {
    gathering = 0;
    const cases = [...waiting.values()];
    waiting.clear();
    tell({ cases });
  }, GATHER_MS + Math.random() * JITTER_MS);
}

function poll(every = POLL_MS) {
  if (polling) return;
  polling = setInterval(() => {
    if (!document.hidden && navigator.onLine) tell({ cases: [], poll: true });
  }, every * (1 - Math.random() / 6));
}

function stopPolling() {
  clearInterval(polling);
  polling = 0;
}

/** @param {boolean} now */
function showBusy(now) {
  const line = document.getElementById("busy-line");
  if (line) line.hidden = !now;
}

/** No stream for a while; the page comes back to it at a time of its own, not with all the others. */
function rest() {
  showBusy(true);
  stopPolling();
  poll(BUSY_MS);
  setTimeout(listen, BUSY_MS * (0.5 + Math.random() / 2));
}

function listen() {
  const stream = new EventSource(/** @type {string} */ (url));
  stream.addEventListener("case", heard);
  stream.addEventListener("busy", () => {
    stream.close();
    rest();
  });
  stream.addEventListener("open", () => {
    showBusy(false);
    if (polling) tell({ cases: [], poll: true }); // What was missed meanwhile.
    stopPolling();
  });
  stream.addEventListener("error", () => {
    poll();
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, POLL_MS + Math.random() * 10_000);
  });
}

if (!url || !("EventSource" in window)) poll();
else if ("busy" in document.body.dataset) rest();
else listen();

let hiddenAt = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (hiddenAt && Date.now() - hiddenAt > POLL_MS) tell({ cases: [], poll: true });
});
