// Shows the phones that ring, live. Everything comes as server-sent events from this process.
import { showFaults } from "./faults.js";

const SHOWN = 50;
const RINGS_FOR = 12; // seconds
const byId = (id) => document.getElementById(id);
const phones = byId("phones");
const rows = new Map(); // index -> {call, row}
let epoch = null;
let clockOffset = 0; // the process's clock minus the browser's, in seconds

const now = () => Date.now() / 1000 + clockOffset;
const spaced = (number) => number.replace(/^(\+33)(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1 $2 $3 $4 $5 $6");

function answerWords(call) {
  if (!call.answered) return "no answer sent";
  return `answered ${call.status}`;
}

function fill(row, call) {
  row.querySelector(".number").textContent = spaced(call.destination);
  row.querySelector(".scenario").textContent = call.originate;
  row.querySelector(".email").textContent = call.email || "(no email)";
  row.querySelector(".index").textContent = `· call ${call.index}`;
  const answer = row.querySelector(".answer");
  answer.textContent = answerWords(call);
  answer.toggleAttribute("data-lost", !call.answered || call.status !== 200);
  const time = row.querySelector("time");
  const date = new Date(call.time * 1000);
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString();
}

function showRinging({ call, row }) {
  const ringing = now() - call.time < RINGS_FOR;
  row.classList.toggle("is-ringing", ringing);
  const pill = row.querySelector(".ringing");
  pill.textContent = ringing ? "Ringing" : "Rang";
  pill.dataset.state = ringing ? "ringing" : "";
}

function announce(fresh) {
  if (fresh.length === 0) return;
  const { destination, originate } = fresh.at(-1);
  byId("announcer").textContent =
    fresh.length === 1
      ? `${spaced(destination)} rings, scenario ${originate}`
      : `${fresh.length} phones ring, the last is ${spaced(destination)}`;
}

function showCalls(calls) {
  const fresh = [];
  for (const call of calls) {
    let entry = rows.get(call.index);
    if (!entry) {
      const row = byId("phone-template").content.firstElementChild.cloneNode(true);
      entry = { call, row };
      rows.set(call.index, entry);
      phones.prepend(row);
      fresh.push(call);
    }
    entry.call = call;
    fill(entry.row, call);
    showRinging(entry);
  }
  for (const index of [...rows.keys()].slice(0, Math.max(0, rows.size - SHOWN))) {
    rows.get(index).row.remove();
    rows.delete(index);
  }
  announce(fresh.filter((call) => now() - call.time < RINGS_FOR));
}

function show(state) {
  clockOffset = state.now - Date.now() / 1000;
  if (state.epoch !== epoch) {
    epoch = state.epoch;
    rows.clear();
    phones.replaceChildren();
  }
  showCalls(state.calls);
  const { calls, startcall_requests, token_requests } = state.totals;
  byId("total-calls").textContent = calls.toLocaleString();
  byId("total-startcall").textContent = startcall_requests.toLocaleString();
  byId("total-token").textContent = token_requests.toLocaleString();
  byId("empty").hidden = rows.size > 0;
  byId("older").hidden = calls <= rows.size;
  byId("older").textContent = `The newest ${rows.size} of ${calls.toLocaleString()} calls are shown.`;
  showFaults(state.faults);
}

function showConnection(state, words) {
  const connection = byId("connection");
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = words;
}

const stream = new EventSource("events");
stream.onopen = () => showConnection("live", "Live");
stream.onerror = () => showConnection("lost", "Connection lost, trying again…");
stream.onmessage = (event) => show(JSON.parse(event.data));

setInterval(() => rows.forEach(showRinging), 1000);
byId("clear-calls").addEventListener("click", () => fetch("calls", { method: "DELETE" }));
