// Looks again every few seconds, as long as something waits; without it there is a link.
async function again() {
    const shown = document.getElementById("progress");
    try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.ok) {
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.getElementById("progress");
            if (fresh && fresh.innerHTML !== shown.innerHTML && !shown.contains(document.activeElement)) {
                shown.innerHTML = fresh.innerHTML;
                if (!fresh.dataset.again) {
                    return;
                }
            }
        }
    } catch {
        // The next time, perhaps.
    }
    setTimeout(again, Number(shown.dataset.again));
}
document.addEventListener("DOMContentLoaded", () => {
    const wait = document.getElementById("progress")?.dataset.again;
    if (wait) {
        setTimeout(again, Number(wait));
    }
});
