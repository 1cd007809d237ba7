// The floating button stands above the cookie bar until the bar is closed.
const bar = document.querySelector(".cookies");
bar.querySelector("button").addEventListener("click", () => {
  bar.remove();
  document.querySelector("call-me-back[offset]").removeAttribute("offset");
});
