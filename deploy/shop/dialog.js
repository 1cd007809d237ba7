// A dialog made by hand, as on many sites. While it is open, it stops all events outside of it before
// the rest of the page sees them, and brings the focus back.
const dialog = document.querySelector(".trap");
const book = document.getElementById("book");

function stop(event) {
  if (dialog.hidden || dialog.contains(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

for (const type of ["pointerdown", "mousedown", "touchstart", "click"])
  document.addEventListener(type, stop, { capture: true, passive: false });

document.addEventListener(
  "focusin",
  (event) => {
    if (dialog.hidden || dialog.contains(event.target)) return;
    event.stopImmediatePropagation();
    dialog.querySelector("input").focus();
  },
  true,
);

// Keep Tab inside the dialog.
document.addEventListener(
  "keydown",
  (event) => {
    if (dialog.hidden || event.key !== "Tab") return;
    const stops = [...dialog.querySelectorAll("input, a, shop-help, button")];
    const at = stops.findIndex((node) => node === document.activeElement);
    event.preventDefault();
    stops.at((at + (event.shiftKey ? -1 : 1)) % stops.length).focus();
  },
  true,
);

book.addEventListener("click", () => {
  dialog.hidden = false;
  dialog.querySelector("input").focus();
});

document.getElementById("done").addEventListener("click", () => {
  dialog.hidden = true;
  book.focus();
});

// A part of the shop that has its own shadow tree.
class Help extends HTMLElement {
  connectedCallback() {
    const button = document.createElement("button");
    button.dataset.callmebackOpen = this.dataset.widget;
    button.textContent = "Call me about this";
    this.attachShadow({ mode: "open", delegatesFocus: true }).append(button);
  }
}

customElements.define("shop-help", Help);
