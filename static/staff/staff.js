// Copy buttons: shown only where the browser lets a page write to the clipboard (https, localhost).
document.addEventListener("DOMContentLoaded", () => {
    if (!navigator.clipboard) {
        return;
    }
    for (const button of document.querySelectorAll("[data-copy]")) {
        const label = button.textContent;
        button.hidden = false;
        button.setAttribute("aria-live", "polite");
        button.addEventListener("click", async () => {
            try {
                await navigator.clipboard.writeText(button.dataset.copy);
                button.textContent = button.dataset.copied;
                setTimeout(() => { button.textContent = label; }, 2000);
            } catch {
                button.hidden = true;  // refused: the address stands beside it
            }
        });
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
