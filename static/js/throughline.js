// What the frame does beyond plain HTML. Event delegation only: no inline handlers, no eval.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* ---- toasts ---- */
const READING_TIME = 6000;

function expire(toast) {
  if (toast.dataset.level === "success" || toast.dataset.level === "info") {
    setTimeout(() => toast.remove(), READING_TIME);
  }
}

export function showToast(text, level = "success") {
  const toast = one("#toast-template").content.firstElementChild.cloneNode(true);
  toast.dataset.level = level;
  one("[data-text]", toast).textContent = text;
  one("#toasts").append(toast);
  expire(toast);
}

all(".toast-item").forEach(expire);
document.addEventListener("throughline:toast", (event) => showToast(event.detail.text, event.detail.level));

/* ---- failed requests: the page has the sentences, so that they are in the reader's language ---- */
const showFailure = (name) => showToast(one("#toasts").dataset[name], "error");

document.addEventListener("htmx:sendError", () => showFailure("noAnswer"));
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  unsaved = event.detail.elt.closest("form[data-guard]") ?? unsaved;
  if (status === 401) saySignedOut(responseText);
  else if (status === 403) showFailure("forbidden");
  else if (status === 404) showFailure("gone");
  else if (status >= 500) showFailure("failed");
});

/* ---- signed out meanwhile: the page says so where it can be pressed, and keeps what was typed ---- */
const signedOut = () => one("#signed-out");

function saySignedOut(words) {
  (one("dialog[open]") ?? one("#toasts")).prepend(signedOut());
  signedOut().innerHTML = words;
  signedOut().hidden = false;
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && signedOut()) signedOut().hidden = true;
});
document.addEventListener("close", (event) => {
  if (event.target.contains(signedOut())) one("#toasts").prepend(signedOut());
}, true);

/* ---- requests ---- */
// Signing in, in another tab, changes the token; the cookie always has the one of today.
const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? one("meta[name=csrf-token]").content;

document.addEventListener("htmx:configRequest", (event) => {
  const { headers, parameters } = event.detail;
  headers["X-CSRFToken"] = token();
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token();
});

// A second press of the same button sends nothing; coming back by the browser's cache frees it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" && !form.hasAttribute("hx-post")) return;
  const question = event.submitter?.dataset.confirm;
  if (form.dataset.busy || (question && !window.confirm(question))) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.busy = "yes";
  event.submitter?.classList.add("is-busy");
}, true);

function release(root) {
  all("[data-busy]", root).concat(root.dataset?.busy ? [root] : []).forEach((form) => delete form.dataset.busy);
  all(".is-busy", root).forEach((button) => button.classList.remove("is-busy"));
}
window.addEventListener("pageshow", () => release(document));
document.addEventListener("htmx:afterRequest", (event) => release(event.detail.elt));

/* ---- widths: style attributes are refused by the content security policy, properties are not ---- */
function setWidths(root) {
  all("[data-pct]", root).forEach((bar) => { bar.style.width = `${bar.dataset.pct}%`; });
}
setWidths(document);
document.addEventListener("htmx:load", (event) => setWidths(event.detail.elt));

/* ---- theme ---- */
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]")) return;
  event.preventDefault();
  const root = document.documentElement;
  const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
  root.dataset.bsTheme = next;
  document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
  release(document);
});

/* ---- menus, dialogs, toasts: opening and closing ---- */
document.addEventListener("click", (event) => {
  all("details.menu[open]").filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
  const opener = event.target.closest("[data-open]");
  if (opener) one(opener.dataset.open).showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) {
    const box = closer.closest("dialog, .toast-item");
    event.preventDefault(); // "Cancel" in a dialog is a link back to the page that is still there
    if (box.matches("dialog")) box.close();
    else box.remove();
  }
  if (event.target.matches("dialog.sheet")) event.target.close();
});

// A dialog begins where something is wrong. On the page itself the focus stays where somebody types.
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest("dialog");
  if (!dialog) return;
  if (!dialog.open) dialog.showModal();
  focusFirstError(dialog);
});

function focusFirstError(root) {
  one("[aria-invalid=true], .is-invalid", root)?.focus();
}
focusFirstError(document);

/* ---- keys ---- */
const typing = (element) => element?.matches("input:not([type=checkbox], [type=radio]), textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = one("details.menu[open]");
    if (menu) { menu.open = false; one("summary", menu).focus(); }
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = document.activeElement?.closest("form[method=post]") ?? one("form[data-main]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
    return;
  }
  if (typing(document.activeElement) || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  const pressed = {
    "/": () => one("[data-search]")?.focus(),
    "?": () => one("#keys").showModal(),
    n: () => { const menu = one("[data-new-menu]"); if (menu) { menu.open = true; one("a", menu)?.focus(); } },
    e: () => one("[data-edit]")?.click(),
  }[event.key];
  if (pressed) { event.preventDefault(); pressed(); }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const items = all(".menu-item", menu);
  const step = event.key === "ArrowDown" ? 1 : -1;
  event.preventDefault();
  items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
});

// In a dialog of several fields, up and down lead to the next field, left and right through its choices.
document.addEventListener("keydown", (event) => {
  const field = event.target.matches?.("[data-conflict] input[type=radio]") && event.target.closest("[data-conflict]");
  if (!field || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const fields = all("[data-conflict]", field.form);
  const next = fields[fields.indexOf(field) + (event.key === "ArrowDown" ? 1 : -1)];
  event.preventDefault();
  if (next) (one("input[type=radio]:checked", next) ?? one("input[type=radio]", next)).focus();
});

/* ---- unsaved changes ---- */
let unsaved = null; // the form that was typed into
document.addEventListener("input", (event) => { unsaved = event.target.closest("form[data-guard]") ?? unsaved; });
document.addEventListener("submit", () => { unsaved = null; });
document.addEventListener("close", (event) => { if (event.target.contains(unsaved)) unsaved = null; }, true);
window.addEventListener("beforeunload", (event) => {
  if (unsaved || one("[data-unsaved]")) event.preventDefault();
});

/* ---- filters apply themselves; without scripts there is a button ---- */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
});
