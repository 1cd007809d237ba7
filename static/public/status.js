// Keeps the page up to date until the request is over. Without this script the page reloads itself.

const FASTEST = 1_000; // ms
const SLOWEST = 5_000;
const SLOWER_EACH_TIME = 1.15;
const PATIENCE = 10_000;

const main = document.querySelector("main[data-state]");
const title = document.getElementById("title");
const text = document.getElementById("text");
const again = document.getElementById("again");
const callAgain = document.getElementById("call-again");
const contact = document.getElementById("contact");
const connection = document.getElementById("connection");
const zone = document.getElementById("zone");

// What the server said last. The text on the page may differ, because a translator changed it.
const said = new Map([title, text, again, connection, zone].map((node) => [node, node?.textContent]));

// Writes only what has changed: a screen reader then says it once, and a translation stays.
function write(node, words) {
  if (said.get(node) === words) return;
  node.textContent = words;
  said.set(node, words);
}

// Names the time zone of a later call, and shows its time on the visitor's own clock if that differs.
function showZone(startsAt, endsAt) {
  if (!zone) return;
  write(zone, startsAt ? zone.dataset.place + onOwnClock(startsAt, endsAt) : "");
}

function onOwnClock(startsAt, endsAt) {
  const { timeZone, own } = zone.dataset;
  const day = { weekday: "short", day: "numeric", month: "short" };
  const page = document.documentElement.lang;
  // As the visitor's region writes times. Where the page is in another language, with 24 hours.
  const region = navigator.languages.find((code) => code.split("-")[0] === page);
  const cycle = region ? {} : { hourCycle: "h23" };
  const format = (options) => new Intl.DateTimeFormat(region ?? page, { ...options, ...cycle });
  const has12Hours = format({ hour: "numeric" }).resolvedOptions().hour12;
  const clock = { ...day, hour: has12Hours ? "numeric" : "2-digit", minute: "2-digit" };
  const here = format(clock);
  const there = format({ ...clock, timeZone });
  const start = new Date(startsAt);
  if (here.format(start) === there.format(start)) return "";
  return ` ${own.replace("TIME", here.formatRange(start, new Date(endsAt || startsAt)))}`;
}

let wait = FASTEST;
let timer;
let asking = false;
let over = false;

function show(state) {
  if (main.dataset.status !== state.status) wait = FASTEST;
  main.dataset.status = state.status;
  main.dataset.scheduled = state.starts_at && "true";
  main.dataset.knownAt = state.known_at;
  if (said.get(title) !== state.title) document.title = state.title;
  write(title, state.title);
  write(text, state.text);
  if (again) write(again, state.again);
  if (callAgain) callAgain.hidden = !state.call_again;
  contact.hidden = !state.contact;
  showZone(state.starts_at, state.ends_at);
}

// Keeps the last known status on the page, and says that the connection is lost.
function setLost(isLost) {
  main.toggleAttribute("data-lost", isLost);
  write(connection, isLost ? connection.dataset.lost.replace("TIME", main.dataset.knownAt) : "");
}

// Asks the server once. Returns the minimum wait before the next question, in ms.
async function ask() {
  const { key, state: address } = main.dataset;
  const answer = await fetch(address, {
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE),
    // With the sender's key, the answer shows the number in full.
    ...(key && { method: "POST", body: new URLSearchParams({ key }) }),
  });
  over = answer.status === 404;
  setLost(!answer.ok && !over);
  if (!answer.ok) return Number(answer.headers.get("Retry-After")) * 1_000 || SLOWEST;
  const state = await answer.json();
  show(state);
  over = state.settled;
  return state.refresh_seconds * 1_000;
}

async function keepAsking() {
  clearTimeout(timer);
  if (asking || over || document.hidden) return;
  asking = true;
  const atLeast = await ask().catch(() => {
    setLost(true);
    return SLOWEST;
  });
  asking = false;
  timer = setTimeout(keepAsking, Math.max(wait, atLeast));
  wait = Math.min(wait * SLOWER_EACH_TIME, SLOWEST);
}

function askNow() {
  wait = FASTEST;
  keepAsking();
}

document.addEventListener("visibilitychange", askNow);
window.addEventListener("online", askNow);
window.addEventListener("offline", () => over || setLost(true));

if (zone) showZone(zone.dataset.startsAt, zone.dataset.endsAt);
timer = setTimeout(keepAsking, wait);
