// Updates the preview of a widget while its owner types, and checks a page's address against the list
// of allowed sites.
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("widget_form");
    const frame = document.getElementById("preview");
    const language = document.getElementById("preview-language");
    const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;

    async function post(address, data) {
        const answer = await fetch(address, { method: "POST", body: data, headers: { "X-CSRFToken": token } });
        if (!answer.ok) {
            throw new Error(answer.status);
        }
        return answer;
    }

    let latest = 0;
    async function show() {
        const mine = ++latest;
        const data = form ? new FormData(form) : new FormData();
        data.set("preview_language", language.value);
        try {
            const html = await (await post(frame.dataset.source, data)).text();
            if (mine === latest) {
                frame.srcdoc = html;
            }
        } catch {
            // The next change tries again.
        }
    }

    frame.addEventListener("load", () => {
        const height = frame.contentDocument?.documentElement?.scrollHeight;
        if (height) {
            frame.height = Math.min(height, 900);
        }
    });
    let soon;
    function showSoon() {
        clearTimeout(soon);
        soon = setTimeout(show, 300);
    }
    form?.addEventListener("input", showSoon);
    form?.addEventListener("change", showSoon);
    language.addEventListener("change", show);
    show();

    const address = document.getElementById("check-address");
    const result = document.getElementById("check-result");
    const add = document.getElementById("check-add");
    async function check() {
        const data = new FormData();
        data.set("allowed_origins", form?.elements.allowed_origins?.value ?? "");
        data.set("address", address.value);
        try {
            const { allowed, text, origin } = await (await post(document.getElementById("check").dataset.source, data)).json();
            result.textContent = text;
            if (add) {
                add.hidden = !origin;
                add.search = new URLSearchParams({ address: origin });
            }
            result.className = `staff-${allowed ? "better" : "worse"}`;
        } catch {
            result.textContent = "…";
        }
    }
    document.getElementById("check").addEventListener("click", check);
    address.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
            event.preventDefault();
            check();
        }
    });
});
