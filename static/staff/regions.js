// Writes the countries' names into lists of region codes, in the language of the page. The browser
// knows them all in every language; without it, code and calling code are there.
document.addEventListener("DOMContentLoaded", () => {
    const names = new Intl.DisplayNames([document.documentElement.lang, "en"], { type: "region" });
    for (const option of document.querySelectorAll("select.staff-regions option")) {
        option.textContent = `${names.of(option.value)} – ${option.textContent}`;
    }
});
