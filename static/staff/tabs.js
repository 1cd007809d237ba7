// Shows a long form as tabs, one part at a time (ARIA Authoring Practices, tabs). Without scripts the
// parts stand one below the other, and the tabs are links to them.
document.addEventListener("DOMContentLoaded", () => {
    const list = document.querySelector(".staff-tabs");
    const tabs = [...(list?.querySelectorAll("a") ?? [])];
    const panel = (tab) => document.getElementById(tab.hash.slice(1));

    function choose(chosen) {
        for (const tab of tabs) {
            tab.setAttribute("aria-selected", String(tab === chosen));
            tab.tabIndex = tab === chosen ? 0 : -1;
            panel(tab).hidden = tab !== chosen;
        }
        for (const beside of document.querySelectorAll("[data-tabs]")) {
            beside.hidden = !beside.dataset.tabs.split(" ").includes(chosen.hash.slice(1));
        }
    }
    function go(tab) {
        choose(tab);
        history.replaceState(history.state, "", tab.hash);
        tab.focus();
    }

    if (!tabs.length) {
        return;
    }
    list.setAttribute("role", "tablist");
    tabs.forEach((tab, place) => {
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-controls", tab.hash.slice(1));
        panel(tab).setAttribute("role", "tabpanel");
        tab.addEventListener("click", (event) => {
            event.preventDefault();
            go(tab);
        });
        tab.addEventListener("keydown", (event) => {
            const last = tabs.length - 1;
            const next = {
                ArrowRight: place === last ? 0 : place + 1,
                ArrowLeft: place === 0 ? last : place - 1,
                Home: 0,
                End: last,
            }[event.key];
            if (next !== undefined) {
                event.preventDefault();
                go(tabs[next]);
            }
        });
    });
    const named = () => tabs.find((tab) => tab.hash === location.hash);
    const wrong = tabs.find((tab) => panel(tab).classList.contains("staff-tab-wrong"));
    if (wrong) {
        history.replaceState(history.state, "", wrong.hash);
    }
    choose(wrong ?? named() ?? tabs[0]);
    addEventListener("hashchange", () => {
        if (named()) {
            go(named());
        }
    });
    // After saving, show the same part again.
    const form = list.closest("form");
    form?.addEventListener("submit", () => {
        form.action = location.pathname + location.search + location.hash;
    });
    // Show the first error, and let screen readers read it. Wait until the page is loaded: before
    // that, the browser gives the focus to the target of the address's fragment.
    addEventListener("load", () => setTimeout(() => {
        wrong && panel(wrong).querySelector("[aria-invalid=true]")?.focus();
    }));
});
