// Suggests a correction: "Did you mean gmail.com?" The form can still be sent as it is. Without this
// script, the server suggests it when it shows the form again. The rule is the same as on the server
// (callbacks/contact/email_typos.py).

let isPressed = false;
addEventListener("pointerdown", () => (isPressed = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => (isPressed = false), true);
}

for (const field of document.querySelectorAll("input[data-domains]")) {
  const domains = field.dataset.domains.split(" ");
  const note = document.getElementById("email-note");

  // One letter missing, added or wrong, or two neighbours swapped.
  function isOneSlip(typed, meant) {
    let i = 0;
    while (i < typed.length && typed[i] === meant[i]) i++;
    const [a, b] = [typed.slice(i), meant.slice(i)];
    return (
      a.slice(1) === b ||
      a === b.slice(1) ||
      a.slice(1) === b.slice(1) ||
      (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
    );
  }

  function suggest() {
    note.textContent = "";
    const at = field.value.lastIndexOf("@") + 1;
    const typed = field.value.slice(at).trim().toLowerCase();
    if (!at || domains.includes(typed) || field.readOnly) return;
    const meant = domains.find((domain) => isOneSlip(typed, domain));
    if (!meant) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = field.dataset.suggestion.replace("DOMAIN", meant);
    button.addEventListener("click", () => {
      field.value = field.value.slice(0, at) + meant;
      note.textContent = "";
      field.focus();
    });
    note.append(button);
  }

  // While a pointer is pressed, the page must not move: the click on the box below would miss it.
  field.addEventListener("change", () => {
    if (isPressed) addEventListener("pointerup", () => setTimeout(suggest), { once: true });
    else setTimeout(suggest);
  });
  if (note.textContent) suggest();
}
