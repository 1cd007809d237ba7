// Runs in a frame on another site's page, and talks to the loader on that page. It tells the loader
// the height of the content, the status of the request, and the event that the page should hear. The
// loader tells it which page the visitor is on, and who the visitor is according to the site.
// The loader speaks first. Before anything is believed or sent, its window and its origin (which the
// browser guarantees) are checked. No message is ever sent to "*".
// A page that answers an action of the visitor takes the focus at its heading, as screen readers
// would start there on a page of its own.

const PROTOCOL = 1;
// The statuses that the site's page hears as events of the same names.
const EVENTS = ["called", "failed", "cancelled"];
const root = document.documentElement;
const sheet = document.querySelector("main");
const form = document.querySelector("form");
let host; // the origin of the page around us, known after its first message
// Whether this page answers what the visitor did on the page before it.
const answer = document.referrer.startsWith(`${location.origin}/embed/`);
// Whether this is the page of another request than the page before it: "call me again" made one. A
// page that is reloaded, or that the visitor comes back to, is not.
const requestOf = (address) => /\/r\/([^/]+)/.exec(address)?.[1];
const [before, here] = [document.referrer, location.pathname].map(requestOf);
const [{ type: arrival } = {}] = performance.getEntriesByType("navigation");
let isNewRequest = Boolean(answer && before && here) && before !== here && arrival === "navigate";

function isHost(origin) {
  return [location.origin, ...root.dataset.hosts.split(" ")].some((allowed) => {
    const [scheme, name] = allowed.split("://*");
    return name ? origin.startsWith(`${scheme}://`) && origin.endsWith(name) : origin === allowed;
  });
}

function tell(type, more) {
  if (host) parent.postMessage({ callmeback: PROTOCOL, type, ...more }, host);
}

// Measures the content and not the window, so that the frame cannot make itself grow.
function tellHeight() {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  if (height) tell("height", { height });
}

function tellStatus() {
  const { status, scheduled } = sheet.dataset;
  if (!status) return;
  // A pinned loader may be older than these events, and reads the status alone.
  const event = scheduled ? "scheduled" : EVENTS.find((name) => name === status);
  tell("status", { status, event });
}

function put(name, value) {
  if (!value) return;
  const field = form.elements[name] ?? form.appendChild(document.createElement("input"));
  if (!field.name) Object.assign(field, { type: "hidden", name });
  field.value = value;
}

function fill({ page = {}, prefill = {} }) {
  put("page_url", page.url);
  put("page_title", page.title);
  put("referrer", page.referrer);
  const { number, email } = form.elements;
  const { identity } = prefill;
  if (identity && form.dataset.identity !== "refused") {
    number.value = identity.number ?? "";
    email.value = identity.email ?? "";
    number.readOnly = email.readOnly = true;
    put("identity_expires", identity.expires);
    put("identity_signature", identity.signature);
  } else if (!number.readOnly) {
    number.value ||= prefill.number ?? "";
    email.value ||= prefill.email ?? "";
  }
}

addEventListener("message", ({ data, origin, source }) => {
  if (source !== parent || !isHost(origin) || data?.callmeback !== PROTOCOL) return;
  host = origin;
  if (data.type !== "hello") return;
  if (form?.elements.form_token && form.elements.consent) fill(data);
  tell("ready", {
    // The question about the topic leads to a form. What "call me again" made counts as sent by one.
    form: "topic" in root.dataset || Boolean(form?.elements.form_token) || isNewRequest,
    topic: root.dataset.topic,
    title: document.title,
    close: root.dataset.close,
    dir: root.dir || "ltr",
    answer,
    closed: "opens" in sheet.dataset,
  });
  isNewRequest = false; // the loader may say hello again
  tellHeight();
  tellStatus();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) tell("close");
});

// The focus also makes the site's page scroll to the frame. On the first page, the loader decides
// about the focus.
if (answer && !document.getElementById("problem")) {
  const heading = sheet.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

// At the next opening, the page becomes the form. Not all visitors at the same moment; and a clock that
// is ahead does not ask again and again.
const opens = Date.parse(sheet.dataset.opens);
if (opens) {
  const wait = Math.max(opens - Date.now(), 60_000) + Math.random() * 10_000;
  if (wait < 2 ** 31) setTimeout(() => location.reload(), wait);
}

new ResizeObserver(tellHeight).observe(document.body);
new MutationObserver(tellStatus).observe(sheet, { attributeFilter: ["data-status", "data-scheduled"] });
