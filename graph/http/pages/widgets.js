/* Creates the element of a widget from the API's data. */
import { element } from "./element.js";
import { drawChart, howToRead } from "./chart.js";
import { change, days, earlier, inCurrency, named, reason, shown } from "./values.js";
import { number, plural, word } from "./words.js";

const BODIES = { CHART: chart, TABLE: table, METRIC_CARD: card, TEXT: text };

/* Returns the element, and for a chart `draw`. Call it once the element is on the page. */
export function makeWidget(widget, theme) {
  const data = widget.type === "TEXT" ? null : widget.data;
  const heading = element("h2", {}, widget.title);
  const { body, draw } = data?.unserved
    ? { body: unserved(data.unserved) }
    : BODIES[widget.type](widget, theme);
  const made = element(
    "section",
    { className: `panel widget is-${widget.type.toLowerCase()}` },
    heading,
    body,
    notes(data),
  );
  stand(made, widget.position);
  return { made, draw };
}

/* The position on the grid of 12 columns. On a phone the style sheet uses one column. */
function stand(made, { x, y, width, height }) {
  made.style.gridColumn = `${x + 1} / span ${width}`;
  made.style.gridRow = `${y + 1} / span ${height}`;
}

function unserved({ code, message }) {
  const title = code === "NO_DATA" ? "No data yet" : "Not shown";
  return element(
    "div",
    { className: "empty" },
    element("strong", {}, title),
    element("p", {}, message),
  );
}

function text({ display }) {
  return { body: element("p", { className: "words" }, display.text ?? "") };
}

function chart({ data }, theme) {
  const place = element("div", {});
  // The chart describes its parts, too. As an image it needs a single description.
  const picture = element(
    "div",
    { className: "chart", role: "img", "aria-label": data.altText },
    place,
  );
  const body = element(
    "div",
    {},
    element("p", { className: "notes" }, howToRead(data.chart)),
    picture,
  );
  return { body, draw: () => drawChart(place, data.chart, theme) };
}

function card({ data, display }) {
  const measure = inCurrency(data.measures[0], data.currencies[0]);
  const [total] = data.totals;
  const [now] = total.cells;
  const said = element(
    "div",
    {},
    element(
      "p",
      { className: now.value === null ? "value soft" : "value" },
      shown(now, measure, display.decimals),
    ),
  );
  if (total.previous?.length) {
    const { arrow, words } = change(
      now,
      total.previous[0],
      data.comparison,
      total.notComparable,
    );
    said.append(
      element(
        "p",
        { className: "change" },
        arrow && element("span", { "aria-hidden": "true" }, `${arrow} `),
        words,
      ),
    );
  }
  said.append(element("p", { className: "soft" }, days(data.start, data.end)));
  return { body: said };
}

function table({ title, data, display }) {
  const manySources = data.sources.length > 1;
  const names = [
    data.dimension ? word(data.dimension) : "Days",
    ...(manySources ? ["Source"] : []),
    ...data.measures.map((one) => one.title),
  ];
  const head = element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)));
  const cells = (row, source) =>
    row.cells.map((cell, at) =>
      tableCell(cell, inCurrency(data.measures[at], data.currencies[source]), display),
    );
  const row = (one) =>
    element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        data.dimension && one.key
          ? `${named(one, data)}, ${days(one.start, one.end)}`
          : named(one, data),
      ),
      manySources ? element("td", { className: "name" }, data.sources[one.source]) : null,
      ...cells(one, one.source),
    );
  const total = (one, at) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, "Total"),
      manySources ? element("td", { className: "name" }, data.sources[at]) : null,
      ...cells(one, at),
    );
  const made = element(
    "table",
    {},
    element("thead", {}, head),
    element("tbody", {}, ...data.points.map(row)),
    element("tfoot", {}, ...data.totals.map(total)),
  );
  return {
    body: element(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": title },
      made,
    ),
  };
}

function tableCell(cell, measure, { decimals }) {
  if (cell.value === null) return element("td", { className: "soft" }, reason(cell));
  return element("td", {}, shown(cell, measure, decimals));
}

/* The notes below a widget: incomplete, provisional or withheld data. */
function notes(data) {
  if (!data || data.unserved) return null;
  const { coverage, previousCoverage, isProvisional, suppressedShare } = data;
  const before = unknown(previousCoverage);
  const said = [
    unknown(coverage),
    before && `of ${earlier(data.comparison)}, ${before}`,
    ...leftOut(data),
    isProvisional && "provisional: it may still change",
    Number(suppressedShare) > 0 &&
      `privacy hides details of ${number(100 * suppressedShare)} % of rows`,
  ].filter(Boolean);
  return said.length ? element("p", { className: "notes is-below" }, said.join(" · ")) : null;
}

/* The days that no total counts, because their parameters or time zone differ. Charts say it. */
function leftOut({ chart, series }) {
  if (chart) return [];
  return series
    .filter((one) => !one.isAddedUp)
    .map((one) => `without ${days(one.start, one.end)}, which answers another question`);
}

/* How many days are known, if not all of them are. */
function unknown(coverage) {
  if (!coverage) return "";
  const known = coverage.covered - coverage.suppressed - coverage.gap;
  return known < coverage.days ? `${number(known)} of ${plural(coverage.days, "day")} known` : "";
}
