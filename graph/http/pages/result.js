/* The result of a report's newest run: its first rows and the whole of it as a file, or how the run
   stands. */
import { element } from "./element.js";
import { download } from "./files.js";
import { explain } from "./frame.js";
import { daysOf, standing } from "./rows.js";
import { ask } from "./session.js";
import { day, plural, word } from "./words.js";

const READ = `
query ReadRows($id: ID!) {
  execution(id: $id) {
    rows(first: 10) { columns { name type } rows totalCount hasNextPage }
  }
}`;

const LINKS = `
query ReadDownload($id: ID!, $format: ResultFormat!) {
  execution(id: $id) { download(format: $format) { url } }
}`;

const NUMBER = /INT|DECIMAL|DOUBLE|FLOAT|LONG/;
const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/* Shows the result of the newest run with rows among executions, which are newest first. */
export function showResult(place, executions, mayRun) {
  const newest = executions.find((one) => one.status === "COMPLETED" && one.outcome === "DATA");
  if (newest) return showRows(place, newest);
  place.replaceChildren(element("p", { className: "empty" }, ...standingOf(executions[0], mayRun)));
  delete place.dataset.execution;
}

/* Shows the first rows of an execution. Showing them again changes nothing. */
export async function showRows(place, execution) {
  if (place.dataset.execution === execution.id) return;
  place.dataset.execution = execution.id;
  try {
    const found = await ask(READ, { id: execution.id });
    if (place.dataset.execution !== execution.id) return;
    place.replaceChildren(...drawn(execution, found.execution.rows));
  } catch (refusal) {
    delete place.dataset.execution;
    explain(refusal);
  }
}

function standingOf(last, mayRun) {
  if (!last) return [mayRun ? "Nothing yet. Press “Run now”." : "Nothing yet."];
  if (["PENDING", "RUNNING"].includes(last.status))
    return [standing(last), ". The rows will be here as soon as Amazon has answered."];
  return ["No run has brought rows yet. The newest: ", standing(last), "."];
}

function drawn(execution, { columns, rows, totalCount }) {
  const side = ({ type }) => (NUMBER.test(type) ? "" : "name");
  const cell = (row) => (column, place) =>
    element(
      place ? "td" : "th",
      { scope: place ? null : "row", className: side(column) },
      said(row[place], column),
    );
  const head = columns.map((column) =>
    element("th", { scope: "col", className: side(column) }, word(column.name)),
  );
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...columns.map(cell(row))))),
  );
  const region = { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Rows of the result" };
  const count = rows.length < totalCount ? `The first ${rows.length} of ` : "";
  return [
    element("p", { className: "soft" }, daysOf(execution)),
    element("div", region, table),
    element(
      "p",
      { className: "acting sizes" },
      `${count}${plural(totalCount, "row")}.`,
      ...["CSV", "PARQUET"].map((format) => fileButton(execution.id, format)),
    ),
  ];
}

function said(value, { type }) {
  if (value === null || value === undefined) return "–";
  if (type === "DATE") return day(value);
  if (type === "BOOLEAN") return value ? "yes" : "no";
  return NUMBER.test(type) ? decimals.format(value) : String(value);
}

function fileButton(id, format) {
  const made = element("button", { type: "button" }, `Download ${format === "CSV" ? "CSV" : "Parquet"}`);
  made.onclick = async () => {
    try {
      const { execution } = await ask(LINKS, { id, format });
      download(execution.download.url);
    } catch (refusal) {
      explain(refusal);
    }
  };
  return made;
}
