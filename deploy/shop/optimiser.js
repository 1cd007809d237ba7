// Runs the scripts that were held back, as modules: so `document.currentScript` is null in them,
// and the elements that they came from are gone.
addEventListener("load", () => {
  for (const held of document.querySelectorAll("script[type='text/deferred']")) {
    held.remove();
    import(held.dataset.src);
  }
});
