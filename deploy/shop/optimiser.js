// Runs the deferred scripts as modules. So `document.currentScript` is null in them, and the script
// elements are gone.
addEventListener("load", () => {
  for (const held of document.querySelectorAll("script[type='text/deferred']")) {
    held.remove();
    import(held.dataset.src);
  }
});
