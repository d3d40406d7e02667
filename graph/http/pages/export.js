/* Exports a dashboard: asks for a file, watches until it is made, and downloads it. */
import { watch } from "./live.js";
import { ask } from "./session.js";

const CREATE = `
mutation ExportDashboard($export: ExportInput!) {
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

/* `menu` has a button for each format, and `said` tells what happens. `options` gives what the reader
   sees: the theme, level and range. */
export function keepExports(menu, said, dashboardId, options) {
  menu.addEventListener("click", ({ target }) => {
    const { format } = target.dataset;
    if (format) make(format);
  });

  async function make(format) {
    menu.open = false;
    said.textContent = `Making the ${format} …`;
    try {
      const wanted = { source: { dashboardId }, format, options: options() };
      const { exportCreate } = await ask(CREATE, { export: wanted });
      follow(exportCreate.id, format);
    } catch (refusal) {
      said.textContent = refusal.message;
    }
  }

  function follow(id, format) {
    let last;
    const stop = watch(
      WATCH,
      { id },
      {
        next: (data) => (last = data.export),
        over: () => {
          stop();
          finish(id, format, last);
        },
        refused: (message) => {
          stop();
          said.textContent = message;
        },
        line: () => {},
      },
    );
  }

  async function finish(id, format, { state, error, missingParts }) {
    if (state !== "COMPLETED") {
      said.textContent = `The ${format} was not made. ${error ?? ""}`;
      return;
    }
    const found = await ask(LINK, { id });
    const { pathname } = new URL(found.export.download.url);
    location.assign(pathname); // the answer is an attachment, so the page stays
    said.textContent = missingParts.length
      ? `The ${format} is ready. Without numbers: ${missingParts.length}.`
      : `The ${format} is ready.`;
  }
}
