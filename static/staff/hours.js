// The editor of opening hours. Without this script, each day has empty fields for one more period.
document.addEventListener("DOMContentLoaded", () => {
    const editor = document.getElementById("hours-editor");
    const form = editor?.closest("form");
    const picture = document.getElementById("week-picture");
    if (!form) {
        return;
    }
    const changed = () => editor.dispatchEvent(new Event("change", { bubbles: true }));
    const inputs = (period) => [...period.querySelectorAll("input")];
    const periodsOf = (list) => [...list.querySelectorAll(":scope > .staff-period")];

    // -- periods ----------------------------------------------------------------------------
    function showClosed(list) {
        list.querySelector(".staff-closed").hidden = periodsOf(list).length > 0;
    }
    function addPeriod(list, values = ["", ""]) {
        const period = list.querySelector("template").content.firstElementChild.cloneNode(true);
        inputs(period).forEach((input, end) => { input.value = values[end]; });
        list.querySelector("[data-add-period]").before(period);
        period.querySelector("[data-remove-period]").hidden = false;
        showClosed(list);
        return period;
    }
    function prepare(list) {
        for (const period of periodsOf(list)) {
            if (inputs(period).every((input) => !input.value)) {
                period.remove();
            } else {
                period.querySelector("[data-remove-period]").hidden = false;
            }
        }
        list.querySelector("[data-add-period]").hidden = false;
        showClosed(list);
    }
    function copyDay(day) {
        const values = periodsOf(day.querySelector(".staff-periods")).map((period) => inputs(period).map((input) => input.value));
        const ticked = [...day.querySelectorAll("[data-to]:checked")];
        for (const box of ticked) {
            const list = editor.querySelector(`[data-day="${box.dataset.to}"] .staff-periods`);
            periodsOf(list).forEach((period) => period.remove());
            values.forEach((pair) => addPeriod(list, pair));
            showClosed(list);
        }
        const details = day.querySelector("details");
        details.open = false;
        details.querySelector("summary").focus();
        const names = ticked.map((box) => box.parentElement.textContent.trim()).join(", ");
        document.getElementById("hours-said").textContent = names && `${editor.dataset.copied} ${names}`;
        ticked.forEach((box) => { box.checked = false; });
    }

    // -- special days -----------------------------------------------------------------------
    const special = document.getElementById("special-days");
    const add = document.getElementById("add-days");
    function prepareDays(days) {
        days.querySelector("[data-remove-days]").hidden = false;
        prepare(days.querySelector(".staff-periods"));
    }
    function addDays() {
        const numbers = [...special.querySelectorAll("input[name$=-special]")].map((input) => Number(input.value));
        const holder = document.createElement("div");
        holder.innerHTML = document.getElementById("new-days").innerHTML.replaceAll("NUMBER", String(Math.max(-1, ...numbers) + 1));
        const days = holder.firstElementChild;
        special.append(days);
        prepareDays(days);
        days.querySelector("input:not([type=hidden])").focus();
    }

    editor.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) {
            return;
        }
        if (button.matches("[data-add-period]")) {
            inputs(addPeriod(button.parentElement))[0].focus();
        } else if (button.matches("[data-remove-period]")) {
            const list = button.closest(".staff-periods");
            button.closest(".staff-period").remove();
            showClosed(list);
            list.querySelector("[data-add-period]").focus();
            changed();
        } else if (button.matches("[data-copy-day]")) {
            copyDay(button.closest(".staff-day"));
            changed();
        } else if (button.matches("[data-remove-days]")) {
            button.closest("[data-special]").remove();
            add.focus();
            changed();
        } else if (button === add) {
            addDays();
        }
    });

    // -- what is shown ----------------------------------------------------------------------
    const always = () => editor.querySelector("[name$=-mode]:checked")?.value === "always";
    const place = form.elements.holidays;
    function showParts() {
        for (const part of editor.querySelectorAll("[data-hours]")) {
            part.hidden = always();
        }
        editor.querySelector("[data-holidays]").hidden = !place?.value;
    }
    let latest = 0;
    async function refresh(event) {
        showParts();
        const mine = ++latest;
        try {
            const answer = await fetch(picture.dataset.source, { method: "POST", body: new FormData(form) });
            if (!answer.ok || mine !== latest) {
                return;
            }
            const html = await answer.json();
            picture.innerHTML = html.picture;
            if (event.target === place) {
                document.getElementById("holiday-boxes").outerHTML = html.holidays;
            }
        } catch {
            // The next change tries again.
        }
    }
    form.addEventListener("change", (event) => {
        if (event.target.closest("#hours") && !event.target.matches("[data-to]")) {
            refresh(event);
        }
    });

    editor.querySelectorAll(".staff-week .staff-periods").forEach(prepare);
    for (const days of special.children) {
        prepareDays(days);
    }
    for (const days of [...special.children]) {
        if (![...days.querySelectorAll("input:not([type=hidden], [type=checkbox])")].some((input) => input.value)) {
            days.remove();
        }
    }
    editor.querySelectorAll(".staff-copy-day").forEach((details) => { details.hidden = false; });
    add.hidden = false;
    showParts();
});
