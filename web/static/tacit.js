// What pages cannot do without a script, and do without: nothing here is needed to use them.
"use strict";

// A confirmation dialog that htmx loaded opens itself, and gives the focus back when closed.
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.querySelector?.("dialog");
  if (dialog && !dialog.open) dialog.showModal();
});

// Where a dialog cannot be had, its address says why.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target.id === "dialog") location.assign(event.detail.pathInfo.finalRequestPath);
});

document.addEventListener("click", (event) => {
  const closing = event.target.closest("[data-closes]");
  if (!closing) return;
  event.preventDefault();
  closing.closest("dialog")?.close();
});

// A menu closes once something else is done, and the focus goes back to what opened it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.target.closest("details.menu") === menu && !event.target.closest("[hx-get]")) continue;
    menu.open = false;
    if (menu.contains(event.target)) menu.querySelector("summary").focus();
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu || document.querySelector("dialog[open]")) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// In another language one stays where one is, also after htmx has moved the address.
document.addEventListener("submit", (event) => {
  const back = event.target.matches("form.language") && event.target.elements.back;
  if (back) back.value = location.pathname + location.search;
});

// On a narrow screen the menu is one line to be pushed along: to where one is.
addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".top nav [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft;
});

// A choice that filters a list is sent at once; without a script its button does it.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sends-itself]");
  if (form) form.requestSubmit();
});
