// The form also works without this script: the server accepts it once, however often it is sent.

const PATIENCE = 20_000; // ms; if no answer comes, the button works again after this time

document.getElementById("problem")?.focus();

for (const button of document.querySelectorAll("form > button[data-busy]")) {
  let label = button.textContent;
  let timer;

  const isBusy = () => button.getAttribute("aria-disabled") === "true";

  const setBusy = (busy) => {
    clearTimeout(timer);
    if (busy === isBusy()) return;
    if (busy) label = button.textContent; // a translator may have changed it
    button.setAttribute("aria-disabled", busy);
    button.textContent = busy ? button.dataset.busy : label;
    if (busy) timer = setTimeout(setBusy, PATIENCE, false);
  };

  button.form.addEventListener("submit", (event) => {
    if (isBusy()) event.preventDefault();
    else setBusy(true);
  });

  // When the visitor comes back, the browser may show the page as it was, with a busy button.
  window.addEventListener("pageshow", () => setBusy(false));
}

// Show the times on the visitor's own clock, with the widget's beside them where they differ, and as
// the visitor's region writes them. Where the page is in another language, it shows 24 hours.
const zone = document.getElementById("when-zone");
if (zone) {
  const { timeZone, beside, own } = zone.dataset;
  const page = document.documentElement.lang;
  const region = navigator.languages.find((code) => code.split("-")[0] === page);
  const cycle = region ? {} : { hourCycle: "h23" };
  const format = (options) => new Intl.DateTimeFormat(region ?? page, { ...options, ...cycle });
  const has12Hours = format({ hour: "numeric" }).resolvedOptions().hour12;
  const day = { weekday: "short", day: "numeric", month: "short" };
  const clock = { hour: has12Hours ? "numeric" : "2-digit", minute: "2-digit" };
  const here = format({ ...day, ...clock });
  const there = format({ ...day, ...clock, timeZone });
  const thereClock = format({ ...clock, timeZone });
  let differ = false;
  const show = (element, value) => {
    const start = new Date(value);
    const time = here.format(start);
    const isElsewhere = time !== there.format(start);
    if (!isElsewhere && !has12Hours) return;
    // A time that comes twice has its distance from UTC behind it.
    const mark = element.textContent.match(/ \(UTC[^)]*\)/)?.[0] ?? "";
    differ ||= isElsewhere;
    element.textContent = isElsewhere
      ? `${time} (${beside.replace("TIME", thereClock.format(start) + mark)})`
      : time + mark;
  };
  for (const option of document.querySelectorAll("#when > optgroup > option")) show(option, option.value);
  const opening = document.getElementById("opens-at");
  if (opening) show(opening, opening.dateTime);
  if (differ) document.getElementById("when-zone-name").textContent = own;
}
