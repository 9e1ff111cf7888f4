// Runs before the first paint: without a chosen theme the page follows the system.
(() => {
  const root = document.documentElement;
  if (root.dataset.bsTheme) return;
  root.dataset.bsTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})();
