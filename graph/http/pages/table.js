/* The table of a widget's points: a row for each, and a total for each source. */
import { element } from "./element.js";
import { days, inCurrency, reason, shown } from "./values.js";

/* Draws `data`, with its points, in a region that scrolls. */
export function tableOf(title, data, display) {
  const manySources = data.sources.length > 1;
  const cells = (row, source) =>
    row.cells.map((cell, at) => tableCell(cell, measureOf(data, at, source), display.decimals));
  const source = (at) => (manySources ? element("td", { className: "name" }, data.sources[at]) : null);
  const row = (one) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, named(one, data)),
      source(one.source),
      ...cells(one, one.source),
    );
  const total = (one, at) =>
    element("tr", {}, element("th", { scope: "row" }, "Total"), source(at), ...cells(one, at));
  const made = element(
    "table",
    {},
    element("thead", {}, head(data, manySources)),
    element("tbody", {}, ...data.points.map(row)),
    element("tfoot", {}, ...data.totals.map(total)),
  );
  const region = { className: "scroll", tabIndex: 0, role: "region", "aria-label": title };
  return element("div", region, made);
}

function head({ dimension, dimensionTitle, splitTitle, measures }, manySources) {
  const first = splitTitle ? `${dimensionTitle}, ${splitTitle}` : dimensionTitle;
  const names = [dimension ? first : "Days", ...(manySources ? ["Source"] : [])];
  const all = [...names, ...measures.map(({ title }) => title)];
  return element("tr", {}, ...all.map((name) => element("th", { scope: "col" }, name)));
}

const measureOf = (data, at, source) => inCurrency(data.measures[at], data.currencies[source]);

function tableCell(cell, measure, decimals) {
  if (cell.value === null) return element("td", { className: "soft" }, reason(cell));
  return element("td", {}, shown(cell, measure, decimals));
}

/* The name of a row: its days, or what people call the value of its dimension. */
function named(point, { dimension, valueNames, splitNames }) {
  if (!dimension) return days(point.start, point.end);
  const name = pairName(point, valueNames, splitNames);
  return point.key ? `${name}, ${days(point.start, point.end)}` : name;
}

function pairName(point, valueNames, splitNames) {
  const name = valueName(point, valueNames);
  if (point.splitValue === null) return name;
  return `${name}, ${valueName({ value: point.splitValue }, splitNames)}`;
}

function valueName({ value, isOther }, valueNames) {
  if (isOther) return "(other)";
  if (value === null) return "(withheld by privacy)";
  return valueNames.find((one) => one.value === value)?.name ?? value;
}
