// Unfold shows its navigation beside the page only above 1,280 px. Here it does so from 64rem on. On
// a narrower screen it opens over the page, takes the focus, and gives it back when it closes.
document.addEventListener("alpine:init", () => {
    const wide = matchMedia("(min-width: 64rem)");
    const isWanted = () => wide.matches && localStorage.getItem("sidebarOpen") !== "0";
    const theirs = window.theme;
    window.theme = (...chosen) => {
        let wasWide = wide.matches;
        const ours = Object.assign(theirs(...chosen), {
            sidebarOpen: isWanted(),
            sidebarWidth: localStorage.getItem("sidebarWidth") || (wide.matches && innerWidth < 1440 ? 240 : 288),
            sidebarToggle() {
                this.sidebarOpen = !this.sidebarOpen;
                if (wide.matches) {
                    localStorage.setItem("sidebarOpen", this.sidebarOpen ? "1" : "0");
                } else {
                    const next = this.sidebarOpen ? "#nav-sidebar :is(a, button)" : "#nav-toggle";
                    this.$nextTick(() => document.querySelector(next)?.focus());
                }
            },
        });
        ours.themeBindings["x-resize.window"] = function () {
            if (wide.matches !== wasWide) {  // a phone's keyboard changes only the height
                wasWide = wide.matches;
                this.sidebarOpen = isWanted();
            }
        };
        ours.themeBindings["x-on:keydown.escape.window"] = function () {
            if (this.sidebarOpen && !wide.matches) {
                this.sidebarToggle();
            }
        };
        return ours;
    };
});

// On a narrow screen, rows are shown as cards: give each cell the name of its column.
document.addEventListener("DOMContentLoaded", () => {
    const list = document.getElementById("result_list");
    const names = [...(list?.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
    for (const row of list?.querySelectorAll("tr.data-row") ?? []) {
        [...row.cells].forEach((cell, place) => { cell.dataset.label = names[place]; });
    }
});

// Unfold's links to choose the colours have no address, so the keyboard would skip them.
document.addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll("#account-links a:not([href])")) {
        link.setAttribute("role", "button");
        link.tabIndex = 0;
        link.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                link.click();
            }
        });
    }
});
