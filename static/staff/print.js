// Shows a print button on pages made for printing. Without scripts, use the browser's menu.
for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
}
