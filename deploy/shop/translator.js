// A machine translator that knows this page only.
const FRENCH = {
  "All pages": "Toutes les pages",
  "A page that is translated": "Une page traduite",
  "Translate into French": "Traduire en français",
  "Call me back": "Rappelez-moi",
};

document.getElementById("translate").addEventListener("click", () => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const french = FRENCH[text.data.trim()];
    if (!french) continue;
    const font = document.createElement("font");
    font.textContent = french;
    text.replaceWith(font);
  }
  document.documentElement.lang = "fr";
});
