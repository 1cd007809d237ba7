// A print button, for pages made to be printed; without scripts the browser's menu does it.
for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
}
