// Small things unfold leaves open: htmx must not write inline styles or evaluate code (our content security policy
// refuses both), a page has a main part, and the names of icons are no words to be read aloud.
"use strict";

if (window.htmx) {
  window.htmx.config.includeIndicatorStyles = false;
  window.htmx.config.allowEval = false;
}

// Select2 builds its search field after Django's own start-up, and forgets to name it.
window.addEventListener("load", () => {
  // Simplebar calls every scroll area a region of the same name: the sidebar's is a part of its nav, a list's is the page's.
  for (const area of document.querySelectorAll(".simplebar-content-wrapper[role=region]")) {
    if (area.closest("nav")) {
      area.removeAttribute("role");
      area.removeAttribute("aria-label");
    } else {
      area.setAttribute("aria-label", document.title);
    }
  }
  for (const field of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    const select = field.closest(".select2")?.previousElementSibling;
    const label = select?.id ? document.querySelector(`label[for="${select.id}"]`) : null;
    field.setAttribute("aria-label", (label || field.closest(".field-row, .form-row") || document.querySelector("h1")).textContent.trim());
  }
});

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main");
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    icon.setAttribute("aria-hidden", "true");
    const control = icon.closest("a, button");
    if (control && !control.hasAttribute("aria-label") && control.textContent.trim() === icon.textContent.trim()) {
      const field = control.parentElement.querySelector("input[placeholder]");
      control.setAttribute("aria-label", control.title || (field ? field.placeholder : document.title));
    }
  }
});
