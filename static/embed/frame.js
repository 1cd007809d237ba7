// In a frame on another site's page: tells the loader there how high the content is and what
// became of the request, and takes from it where the visitor is and who the site says they are.
// The loader speaks first. Its window and its origin, which the browser vouches for, are checked
// before anything is believed or said; nothing is ever sent to "*". A page that answers what the
// visitor did is focused at its beginning, as a page by itself would be read from there.

const PROTOCOL = 1;
const root = document.documentElement;
const sheet = document.querySelector("main");
const form = document.querySelector("form");
let host; // the origin of the page around us, once it has spoken
// Whether this page answers what the visitor did in the one before it.
const answer = document.referrer.startsWith(`${location.origin}/embed/`);

function isHost(origin) {
  return [location.origin, ...root.dataset.hosts.split(" ")].some((allowed) => {
    const [scheme, name] = allowed.split("://*");
    return name ? origin.startsWith(`${scheme}://`) && origin.endsWith(name) : origin === allowed;
  });
}

function tell(type, more) {
  if (host) parent.postMessage({ callmeback: PROTOCOL, type, ...more }, host);
}

// Of the content, never of the window: so it cannot make itself grow.
function tellHeight() {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  if (height) tell("height", { height });
}

function tellStatus() {
  const status = sheet.dataset.status;
  if (status) tell("status", { status });
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
    form: Boolean(form?.elements.form_token),
    title: document.title,
    close: root.dataset.close,
    dir: root.dir || "ltr",
    answer,
  });
  tellHeight();
  tellStatus();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) tell("close");
});

// Then the site's page scrolls to it as well. The first page is the loader's to focus, or nobody's.
if (answer && !document.getElementById("problem")) {
  const heading = sheet.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

new ResizeObserver(tellHeight).observe(document.body);
new MutationObserver(tellStatus).observe(sheet, { attributeFilter: ["data-status"] });
