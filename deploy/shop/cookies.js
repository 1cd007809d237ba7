// The bar over which the floating button stands, until it is gone.
const bar = document.querySelector(".cookies");
bar.querySelector("button").addEventListener("click", () => {
  bar.remove();
  document.querySelector("call-me-back[offset]").removeAttribute("offset");
});
