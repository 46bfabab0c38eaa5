// Light or dark: the system's choice unless the reader has made one. The key is unfold's own, so that the admin follows.
(() => {
  "use strict";
  const KEY = "adminTheme";
  const root = document.documentElement;

  const stored = () => {
    try {
      const value = JSON.parse(localStorage.getItem(KEY));
      return value === "dark" || value === "light" ? value : null;
    } catch {
      return null;
    }
  };
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const apply = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.dispatchEvent(new Event("themechange"));
  };

  apply(stored());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(stored()));
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = (stored() ?? system()) === "dark" ? "light" : "dark";
      try {
        localStorage.setItem(KEY, JSON.stringify(next));
      } catch {
        // private browsing: the choice holds for this page only
      }
      apply(next);
    });
  });
})();
