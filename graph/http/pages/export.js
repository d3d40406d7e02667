/* Exports a dashboard or a widget: asks for a file, watches until it is made, and downloads it. */
import { element } from "./element.js";
import { download } from "./files.js";
import { watch } from "./live.js";
import { ask } from "./session.js";

const CREATE = `
mutation MakeExport($export: ExportInput!) {
  exportCreate(export: $export) { id }
}`;

const WATCH = `
subscription WatchExport($id: ID!) {
  export(id: $id) { state error missingParts }
}`;

const LINK = `
query ReadExportLink($id: ID!) {
  export(id: $id) { download { url } }
}`;

let options = () => ({}); // what the reader sees: the theme, level, range and filters
let said = null; // the element that tells what happens

/* Keeps the menu of the whole dashboard, which has a button for each format. */
export function keepExports(menu, told, dashboardId, asShown) {
  options = asShown;
  said = told;
  listen(menu, { dashboardId });
}

/* A menu that downloads one widget in one of these formats. */
export function exportMenu(widgetId, title, formats) {
  const button = (format) => element("button", { type: "button", "data-format": format }, format);
  const summary = element("summary", { "aria-label": `Download ${title}` }, "↓");
  const menu = element(
    "details",
    { className: "menu" },
    summary,
    element("div", {}, ...formats.map(button)),
  );
  listen(menu, { widgetId });
  return menu;
}

/* A menu closes by its choice, by Escape, and when the focus leaves it. */
function listen(menu, source) {
  menu.addEventListener("click", ({ target }) => {
    const { format } = target.dataset;
    if (!format) return;
    menu.open = false;
    make(source, format);
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  });
}

async function make(source, format) {
  said.textContent = `Making the ${format} …`;
  try {
    const { exportCreate } = await ask(CREATE, { export: { source, format, options: options() } });
    let last;
    watch(
      WATCH,
      { id: exportCreate.id },
      {
        next: (data) => (last = data.export),
        over: () => finish(exportCreate.id, format, last),
        refused: (message) => (said.textContent = message),
      },
    );
  } catch (refusal) {
    said.textContent = refusal.message;
  }
}

async function finish(id, format, { state, error, missingParts }) {
  if (state !== "COMPLETED") {
    said.textContent = `The ${format} was not made. ${error ?? ""}`;
    return;
  }
  const found = await ask(LINK, { id });
  download(found.export.download.url);
  said.textContent = missingParts.length
    ? `The ${format} is ready. Without numbers: ${missingParts.length}.`
    : `The ${format} is ready.`;
}
