// Keeps a page fresh without a click. The page asks for itself again, with a header by which the
// server answers with the changing parts alone and does not count it as somebody's activity. Parts
// are elements with an id and data-live; data-again says after how many milliseconds to ask.
// Nothing moves and nothing is announced: a part is replaced only when it has changed, and what
// has the focus keeps it.
let timer;

function tokens(part) {
    return part.querySelectorAll("[name=csrfmiddlewaretoken]");
}

function put(shown, fresh) {
    // A form's token is written differently each time: that alone is no change.
    const token = tokens(fresh)[0]?.getAttribute("value");
    if (token) {
        tokens(shown).forEach((field) => field.setAttribute("value", token));
    }
    if (shown.isEqualNode(fresh)) {
        return;
    }
    const focused = shown.contains(document.activeElement) ? document.activeElement.id : null;
    if (focused !== null && !(focused && fresh.querySelector(`#${CSS.escape(focused)}`))) {
        return;  // what the person is at is no longer there: wait until they have left it
    }
    shown.replaceWith(fresh);
    if (focused) {
        document.getElementById(focused).focus({ preventScroll: true });
    }
}

async function refresh() {
    clearTimeout(timer);
    if (!document.hidden) {
        try {
            const answer = await fetch(location.href, {
                headers: { "X-Background-Refresh": "1" }, redirect: "manual",
            });
            if (answer.type === "opaqueredirect") {
                location.reload();  // the session has ended: show the page to sign in
                return;
            }
            if (answer.ok) {
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                for (const shown of document.querySelectorAll("[data-live]")) {
                    const fresh = page.getElementById(shown.id);
                    if (fresh) {
                        put(shown, document.adoptNode(fresh));
                    }
                }
            }
        } catch {
            // The next time, perhaps.
        }
    }
    plan();
}

function plan() {
    const wait = document.querySelector("[data-again]")?.dataset.again;
    if (wait) {
        clearTimeout(timer);
        timer = setTimeout(refresh, Number(wait));
    }
}

document.addEventListener("DOMContentLoaded", plan);
document.addEventListener("visibilitychange", () => {
    if (timer && !document.hidden) {
        refresh();
    }
});
