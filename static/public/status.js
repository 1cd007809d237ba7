// Keeps the page true while the request is under way. Without this file it reloads by itself.

const FASTEST = 1_000; // ms
const SLOWEST = 5_000;
const SLOWER_EACH_TIME = 1.15;
const PATIENCE = 10_000;

const main = document.querySelector("main[data-state]");
const title = document.getElementById("title");
const text = document.getElementById("text");

let wait = FASTEST;
let timer;
let asking = false;
let over = false;

// Only what has changed is written, so that a screen reader says it once.
function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function show(state) {
  if (main.dataset.status !== state.status) wait = FASTEST;
  main.dataset.status = state.status;
  write(title, state.title);
  write(text, state.text);
  document.title = state.title;
}

// One question; what comes back is how long to wait at least before the next, in ms.
async function ask() {
  const answer = await fetch(main.dataset.state, {
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status === 404) over = true;
  if (!answer.ok) return Number(answer.headers.get("Retry-After")) * 1_000 || SLOWEST;
  const state = await answer.json();
  show(state);
  over = state.final;
  return state.refresh_seconds * 1_000;
}

async function keepAsking() {
  clearTimeout(timer);
  if (asking || over || document.hidden) return;
  asking = true;
  // Offline, what is on the page stays the last that was known.
  const atLeast = await ask().catch(() => SLOWEST);
  asking = false;
  timer = setTimeout(keepAsking, Math.max(wait, atLeast));
  wait = Math.min(wait * SLOWER_EACH_TIME, SLOWEST);
}

document.addEventListener("visibilitychange", () => {
  wait = FASTEST;
  keepAsking();
});

timer = setTimeout(keepAsking, wait);
