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

// Show the times on the visitor's own clock, with the widget's beside them where they differ.
const times = document.querySelector("select[data-time-zone]");
if (times) {
  const { timeZone, beside, own } = times.dataset;
  const language = document.documentElement.lang;
  const day = { weekday: "short", day: "numeric", month: "short" };
  const clock = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const here = new Intl.DateTimeFormat(language, clock);
  const there = new Intl.DateTimeFormat(language, { ...clock, timeZone });
  let differ = false;
  const show = (element, value) => {
    const start = new Date(value);
    if (here.format(start) === there.format(start)) return;
    differ = true;
    const time = element.textContent.split(", ").at(-1);
    element.textContent = `${here.format(start)} (${beside.replace("TIME", time)})`;
  };
  for (const option of times.querySelectorAll("optgroup > option")) show(option, option.value);
  const opening = document.getElementById("opens-at");
  if (opening) show(opening, opening.dateTime);
  if (differ) document.getElementById("when-zone-name").textContent = own;
}
