// Keeps a page up to date without a click. The page requests its own address with a special header.
// The server then returns only the parts that change, and does not count the request as activity of
// the user. A part is an element with an id and `data-live`. `data-again` is the time until the next
// request, in milliseconds.
// A part is replaced only if it has changed, and the focus stays where it is. So nothing moves and
// nothing is read out.
let timer;

function tokens(part) {
    return part.querySelectorAll("[name=csrfmiddlewaretoken]");
}

function put(shown, fresh) {
    // A form's CSRF token differs in every answer. This alone is no change.
    const token = tokens(fresh)[0]?.getAttribute("value");
    if (token) {
        tokens(shown).forEach((field) => field.setAttribute("value", token));
    }
    if (shown.isEqualNode(fresh)) {
        return;
    }
    const focused = shown.contains(document.activeElement) ? document.activeElement.id : null;
    if (focused !== null && !(focused && fresh.querySelector(`#${CSS.escape(focused)}`))) {
        return;  // the focused element is gone in the new part: wait until the user leaves it
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
                location.reload();  // the session has ended: show the sign-in page
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
            // Try again at the next refresh.
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
