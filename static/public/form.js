// Without this file the form works as well: the server takes it once however often it is sent.

const PATIENCE = 20_000; // ms until the button may be pressed again, should no answer come

document.getElementById("problem")?.focus();

for (const button of document.querySelectorAll("form > button[data-busy]")) {
  let label = button.textContent;
  let timer;

  const isBusy = () => button.getAttribute("aria-disabled") === "true";

  const setBusy = (busy) => {
    clearTimeout(timer);
    if (busy === isBusy()) return;
    if (busy) label = button.textContent; // which a translator may have changed
    button.setAttribute("aria-disabled", busy);
    button.textContent = busy ? button.dataset.busy : label;
    if (busy) timer = setTimeout(setBusy, PATIENCE, false);
  };

  button.form.addEventListener("submit", (event) => {
    if (isBusy()) event.preventDefault();
    else setBusy(true);
  });

  // Back from the next page, the browser may show this one as it was left.
  window.addEventListener("pageshow", () => setBusy(false));
}
