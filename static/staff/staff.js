// Copy buttons. Shown only where the browser lets a page write to the clipboard (https, localhost).
document.addEventListener("DOMContentLoaded", () => {
    const buttons = document.querySelectorAll("[data-copy]");
    if (!navigator.clipboard || !buttons.length) {
        return;
    }
    // For screen readers. They announce a change only if the element existed before, and was empty.
    const said = document.createElement("p");
    said.className = "sr-only";
    said.setAttribute("role", "status");
    document.body.append(said);
    for (const button of buttons) {
        const label = [...button.childNodes];
        button.hidden = false;
        button.addEventListener("click", async () => {
            try {
                await navigator.clipboard.writeText(button.dataset.copy);
            } catch {
                button.hidden = true;  // the browser refused; the text to copy is beside the button
                return;
            }
            button.replaceChildren(button.dataset.copied);
            said.textContent = button.dataset.said ?? button.dataset.copied;
            setTimeout(() => {
                button.replaceChildren(...label);
                said.textContent = "";
            }, 2000);
        });
    }
});

// Hides the number again after the time that the page sets, but not while a note is being typed.
document.addEventListener("DOMContentLoaded", () => {
    const shown = document.querySelector("[data-hide-in]");
    function hide() {
        if (document.getElementById("note")?.value) {
            setTimeout(hide, 5000);
        } else {
            location.replace(location.href);
        }
    }
    if (shown) {
        setTimeout(hide, (Number(shown.dataset.hideIn) + 1) * 1000);
    }
});

// Unfold gives its pages no landmark for the content, and its search fields no label.
document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("main")?.setAttribute("role", "main");
});
window.addEventListener("load", () => {
    // jQuery runs its callbacks in order, so the lists exist by then.
    window.django?.jQuery?.(() => {
        for (const field of document.querySelectorAll(".select2-search__field")) {
            const list = field.closest(".select2-container")?.previousElementSibling;
            const label = list?.labels?.[0]?.textContent ?? "";
            field.setAttribute("aria-label", label.replace("*", "").trim());
        }
    });
});
