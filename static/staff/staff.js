// Copy buttons: shown only where the browser lets a page write to the clipboard (https, localhost).
document.addEventListener("DOMContentLoaded", () => {
    const buttons = document.querySelectorAll("[data-copy]");
    if (!navigator.clipboard || !buttons.length) {
        return;
    }
    // What screen readers say; it has to be there, and empty, before it says anything.
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
                button.hidden = true;  // refused: what it copies stands beside it
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

// A number is hidden when the page says so, and not before a note that is being typed was sent.
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

// Unfold's pages have no landmark for the content, and the search fields of its lists no name.
document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("main")?.setAttribute("role", "main");
});
window.addEventListener("load", () => {
    // jQuery calls back in order, so the lists are built up by then.
    window.django?.jQuery?.(() => {
        for (const field of document.querySelectorAll(".select2-search__field")) {
            const list = field.closest(".select2-container")?.previousElementSibling;
            const label = list?.labels?.[0]?.textContent ?? "";
            field.setAttribute("aria-label", label.replace("*", "").trim());
        }
    });
});
