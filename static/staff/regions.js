// Writes the countries' names into lists of region codes, in the language of the page. The browser
// knows the names in every language. Without this script, the list shows codes and calling codes.
document.addEventListener("DOMContentLoaded", () => {
    const names = new Intl.DisplayNames([document.documentElement.lang, "en"], { type: "region" });
    for (const option of document.querySelectorAll("select.staff-regions option")) {
        option.textContent = `${names.of(option.value)} – ${option.textContent}`;
    }
});
