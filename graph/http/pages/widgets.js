/* Creates the element of a widget from the API's data. */
import { drawChart, howToRead, keyboard, titleOf } from "./chart.js";
import { choices } from "./choices.js";
import { element } from "./element.js";
import { exportMenu } from "./export.js";
import { explain } from "./frame.js";
import { ask } from "./session.js";
import { tableOf } from "./table.js";
import { change, days, inCurrency, shown } from "./values.js";

export const ROWS = `
query ReadTable(
  $id: ID!, $range: RangeInput, $level: AggregateLevel, $filters: [WidgetFilterInput!]
) {
  node(id: $id) {
    ... on Widget {
      data(range: $range, level: $level, filters: $filters) {
        points {
          source key start end value splitValue isOther
          cells { value state }
        }
      }
    }
  }
}`;

const FORMATS = { CHART: ["CSV", "PNG", "SVG"], TABLE: ["CSV"], METRIC_CARD: ["CSV"] };
const BODIES = { CHART: chart, TABLE: table, METRIC_CARD: card, TEXT: text };

/* Returns the element, and for a chart `draw`. Call it once the element is on the page. */
export function makeWidget(widget, theme) {
  const data = widget.type === "TEXT" ? null : widget.data;
  const title = data?.chart ? titleOf(data.chart) : widget.title;
  const { body, draw, tools } = data?.unserved
    ? { body: unserved(data.unserved) }
    : BODIES[widget.type]({ ...widget, title }, theme);
  const made = element(
    "section",
    { className: `panel widget is-${widget.type.toLowerCase()}` },
    element(
      "div",
      { className: "title" },
      element("h2", {}, title),
      ...(tools ?? []),
      data && !data.unserved ? exportMenu(widget.id, title, FORMATS[widget.type]) : null,
    ),
    body,
    widget.notes ? element("p", { className: "notes is-below" }, widget.notes) : null,
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

function chart(widget, theme) {
  const { data, title } = widget;
  const place = element("div", {});
  // The chart describes its parts, too. As an image it needs a single description.
  const picture = element("div", { role: "img", "aria-label": data.altText }, place);
  const frame = element("div", { className: "chart" }, picture);
  keyboard(frame, title, data.chart);
  const body = element(
    "div",
    {},
    element("p", { className: "notes" }, howToRead(data.chart)),
    frame,
  );
  return {
    body,
    tools: [tableButton(widget, frame)],
    draw: () => drawChart(place, data.chart, theme),
  };
}

/* Shows the chart's numbers as a table in its place. */
function tableButton({ id, title, data, display }, frame) {
  const button = element("button", { type: "button", "aria-pressed": "false" }, "Table");
  let made = null;
  button.setAttribute("aria-label", `${title} as a table`);
  button.onclick = async () => {
    const isTable = button.getAttribute("aria-pressed") === "true";
    try {
      if (!made) {
        const { node } = await ask(ROWS, { id, ...choices() });
        made = tableOf(title, { ...data, points: node?.data.points ?? [] }, display);
        frame.after(made);
      }
      made.hidden = isTable;
      frame.hidden = !isTable;
      button.setAttribute("aria-pressed", String(!isTable));
    } catch (refusal) {
      explain(refusal);
    }
  };
  return button;
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
  return { body: tableOf(title, data, display) };
}
