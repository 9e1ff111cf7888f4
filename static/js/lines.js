// The line grid of drafts: walking cells, and the product list under "Add a product".
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* ---- walking: Enter and ↓ ↑ stay in the column, the last row leads to the adding row ---- */
const adder = () => one("#add-line");

function walk(cell, step) {
  const rows = all("[data-row]").filter((row) => one(`[data-col=${cell.dataset.col}]`, row));
  const target = rows[rows.indexOf(cell.closest("[data-row]")) + step];
  const next = target ? one(`[data-col=${cell.dataset.col}]`, target) : step > 0 ? adder() : null;
  next?.focus();
  next?.select?.();
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-grid] [data-col]");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); walk(cell, 1); }
  else if (event.key === "ArrowUp") { event.preventDefault(); walk(cell, -1); }
  else if (event.key === "Escape") { cell.value = cell.defaultValue; cell.select(); }
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-grid] [data-col]")) event.target.select();
});

document.addEventListener("keydown", (event) => {
  const typing = document.activeElement?.matches("input, textarea, select");
  if (event.key !== "n" || typing || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  adder().focus();
}, true);

// Enter must not send the row's form; the change itself is sent.
document.addEventListener("submit", (event) => {
  if (event.target.id.startsWith("save-")) event.preventDefault();
});

// What could not be saved at all is marked, and sent again once somebody comes back to the page.
function markUnsaved(row) {
  all("[data-col]", row).filter((cell) => cell.value !== cell.defaultValue).forEach((cell) => { cell.dataset.unsaved = "yes"; });
  one(".cell-error", row).textContent = row.closest("[data-grid]").dataset.notSaved;
}

window.addEventListener("focus", () => {
  all("[data-row]").map((row) => one("[data-unsaved]", row)).filter(Boolean)
    .forEach((cell) => cell.dispatchEvent(new Event("change", { bubbles: true })));
});

// The cells at fault are marked until the row is accepted; Esc then leads back to what was accepted.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt: row, xhr, requestConfig } = event.detail;
  const accepted = xhr.status >= 200 && xhr.status < 300; // htmx calls a swapped refusal successful
  if (!row.matches("[data-row]")) return;
  if (!accepted && ![409, 422].includes(xhr.status)) return markUnsaved(row);
  const refused = accepted ? [] : xhr.getResponseHeader("X-Refused-Cells").split(" ");
  all("[data-col]", row).forEach((cell) => {
    if (refused.includes(cell.name)) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
    delete cell.dataset.unsaved;
    if (accepted) cell.defaultValue = requestConfig.parameters[cell.name];
  });
});

/* ---- lines drawn anew: what is being typed meanwhile goes on in the same cell ---- */
let typed = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const cell = document.activeElement;
  typed = null;
  if (event.detail.target.id !== "grid" || !cell.matches("[data-grid] [data-col]")) return;
  const { name, value, selectionStart, selectionEnd } = cell;
  typed = { row: cell.closest("[data-row]").id, name, value, selectionStart, selectionEnd };
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "grid" || !typed) return;
  const row = document.getElementById(typed.row);
  const cell = row && one(`[data-col=${typed.name}]`, row);
  const { value, selectionStart, selectionEnd } = typed;
  typed = null;
  if (!cell) return;
  cell.focus();
  cell.value = value;
  cell.setSelectionRange(selectionStart, selectionEnd);
  // A value that a script wrote is no change to the browser.
  cell.addEventListener("blur", () => {
    if (cell.value !== cell.defaultValue) cell.dispatchEvent(new Event("change", { bubbles: true }));
  }, { once: true });
});

/* ---- the product list: an ARIA combobox ---- */
const list = () => one("#product-options");
const choices = () => all("[role=option]:not([aria-disabled])", list());
const active = () => one("[aria-selected=true]", list());

function open(on) {
  list().hidden = !on;
  adder().setAttribute("aria-expanded", String(on));
  if (!on) adder().removeAttribute("aria-activedescendant");
}

function activate(choice) {
  choices().forEach((other) => other.setAttribute("aria-selected", String(other === choice)));
  if (!choice) return;
  adder().setAttribute("aria-activedescendant", choice.id);
  choice.scrollIntoView({ block: "nearest" });
}

function choose(choice) {
  const form = adder().form;
  form.elements.product.value = choice.dataset.product;
  open(false);
  form.requestSubmit();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== list() || document.activeElement !== adder()) return;
  open(true);
  activate(choices()[0]);
});

document.addEventListener("keydown", (event) => {
  if (event.target !== adder()) return;
  const found = choices();
  const index = found.indexOf(active());
  if (event.key === "ArrowDown" && !list().hidden) { event.preventDefault(); activate(found[(index + 1) % found.length]); }
  else if (event.key === "ArrowUp" && !list().hidden) { event.preventDefault(); activate(found.at(index - 1)); }
  else if (event.key === "Enter" && !list().hidden && active()) { event.preventDefault(); choose(active()); }
  else if (event.key === "Escape") { open(false); adder().value = ""; }
});

document.addEventListener("mousedown", (event) => {
  const choice = event.target.closest("#product-options [role=option]:not([aria-disabled])");
  if (event.target.closest("#product-options")) event.preventDefault();
  if (choice) choose(choice);
});

document.addEventListener("focusout", (event) => { if (event.target === adder()) open(false); });

// Whoever types on meanwhile, in the next product or in a line, is left there.
let added = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === adder().form) added = adder().value;
});

document.addEventListener("throughline:line-added", (event) => {
  if (adder().value !== added) return;
  adder().form.reset();
  adder().form.elements.product.value = "";
  if (document.activeElement.matches("[data-grid] [data-col]")) return;
  one(`#line-${event.detail.id} [data-col=quantity]`)?.focus();
});
