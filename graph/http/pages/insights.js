/* The insights of a dashboard or a report: a list of notes, what each rests on, and marks on the charts at the
   weeks that they speak of. */
import { element } from "./element.js";
import { ask } from "./session.js";
import { day, number, plural, word } from "./words.js";

export const READ_INSIGHTS = `
query ReadInsights($id: ID!) {
  dashboard(id: $id) {
    insights {
      id type text confidence sourceName metric dimension value level start end foundAt
      filters { dimension values exclude }
    }
    insightState { isCurrent madeAt error refusals { text } }
  }
}`;

export const READ_INSIGHTS_OF_REPORT = `
query ReadInsightsOfReport($id: ID!) {
  report(id: $id) {
    insights { id type text confidence sourceName foundAt }
    insightState { isCurrent madeAt error refusals { text } }
  }
}`;

const WHY = `
query ReadReasons($id: ID!) {
  node(id: $id) {
    ... on Insight {
      methodVersion
      why {
        method n effect pValue adjustedPValue events interval { low high level }
        numbers { name value of }
        aggregates(first: 12) {
          startDate dimension value metrics { name value state }
          weeks { executions { id } }
        }
      }
    }
  }
}`;

const SHOWN = 3; // notes, before all are asked for
const ON_A_DAY = ["ANOMALY", "EVENT", "LEVEL_CHANGE"]; // these speak of the week they begin with
const HUES = { light: "#b4057a", dark: "#ff6fc0" };
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

/* Draws the notes into an element. `isOpen` says whether all of them are shown. */
export function showInsights(place, { insights, insightState }, isOpen = false) {
  const kept = new Set(
    [...place.querySelectorAll("details[open]")].map((one) => one.dataset.insight),
  );
  const hasSources = new Set(insights.map(({ sourceName }) => sourceName)).size > 1;
  const notes = insights.map((one, at) => note(one, at, kept.has(one.id), hasSources));
  const few = isOpen || notes.length <= SHOWN + 1;
  const more = element("button", { type: "button" }, `Show all ${notes.length}`);
  more.onclick = () => {
    showInsights(place, { insights, insightState }, true);
    place.querySelectorAll("summary")[SHOWN]?.focus();
  };
  place.replaceChildren(
    element("h2", {}, "What stands out"),
    notes.length
      ? element("ol", { className: "insights" }, ...(few ? notes : notes.slice(0, SHOWN)))
      : element("p", { className: "soft" }, nothing(insightState)),
    ...(few ? [] : [more]),
    ...insightState.refusals.map(({ text }) => element("p", { className: "notes" }, text)),
  );
  place.hidden = false;
}

function nothing({ isCurrent, error, refusals }) {
  if (error) return "Nothing could be found out just now. The server tries again.";
  if (!isCurrent) return "The numbers are being looked at …";
  return refusals.length
    ? "Nothing can be said yet."
    : "Nothing is unusual: what there is, is noise, or too small to tell.";
}

function note({ id, type, text, confidence, sourceName, foundAt }, at, isOpen, hasSources) {
  const sure = type === "QUALITY" || type === "CONCENTRATION" ? "counted" : likely(confidence);
  const about = [word(type), sure, hasSources && sourceName, `since ${day(foundAt)}`];
  const reasons = element("div", { className: "reasons" });
  const why = element(
    "details",
    { open: isOpen },
    element("summary", {}, "Why do you say so?"),
    reasons,
  );
  why.dataset.insight = id;
  let isAsked = false;
  const tell = async () => {
    if (!why.open || isAsked) return;
    isAsked = true;
    reasons.textContent = "Reading the numbers …";
    try {
      const { node } = await ask(WHY, { id });
      reasons.replaceChildren(...reasonsOf(node, type));
    } catch (refusal) {
      isAsked = false;
      reasons.textContent = refusal.message;
    }
  };
  why.ontoggle = tell;
  return element(
    "li",
    {},
    element("span", { className: "badge", "aria-hidden": "true" }, String(at + 1)),
    element(
      "div",
      {},
      element("p", {}, text),
      element("p", { className: "notes" }, about.filter(Boolean).join(" · ")),
      why,
    ),
  );
}

const percent = (share) => `${number(100 * Number(share))} %`;

/* The frequency with which such statements are right, as a share of a hundred. */
const likely = (confidence) => `right in ${number(100 * Number(confidence))} of 100 such cases`;

function reasonsOf(node, type) {
  if (!node?.why) return ["These numbers have been replaced by newer ones."];
  const { method, n, effect, adjustedPValue, events, interval, numbers, aggregates } = node.why;
  const facts = [
    ["Method", `${method}, ${node.methodVersion}`],
    ["Found in", plural(n, "week")],
    ["Effect", percent(effect)],
    interval && [
      `Range (${percent(interval.level)})`,
      [interval.low, interval.high].map(type === "FORECAST" ? exact.format : percent).join(" to "),
    ],
    adjustedPValue && ["By chance alone", `p = ${Number(adjustedPValue).toPrecision(2)}`],
    events.length > 0 && ["Known days", events.join(", ")],
    ...numbers.map(({ name, value, of }) => [
      word(name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`)) + (of ? ` of ${of}` : ""),
      exact.format(value),
    ]),
    ["Rests on", source(aggregates)],
  ].filter(Boolean);
  return [
    element(
      "dl",
      {},
      ...facts.flatMap(([name, said]) => [
        element("dt", {}, name),
        element("dd", {}, said),
      ]),
    ),
  ];
}

/* The newest weeks of the series, and how many executions brought them. */
function source(aggregates) {
  if (!aggregates.length) return "numbers that have been computed anew since";
  const executions = new Set(
    aggregates.flatMap(({ weeks }) => weeks.flatMap((one) => one.executions.map(({ id }) => id))),
  );
  const weeks = aggregates.map(({ startDate }) => startDate).sort();
  const span = weeks.length > 1 ? `weeks of ${day(weeks[0])} to ${day(weeks.at(-1))}` : "";
  const newest = span || `the week of ${day(weeks[0])}`;
  return executions.size ? `${newest}, from ${plural(executions.size, "execution")}` : newest;
}

/* The chart with a line at each week that an insight about its numbers speaks of. The numbers are
   behind the filters that the reader, the widget and the dashboard set. */
export function marked(widget, insights, theme, filterLayers) {
  const { data } = widget;
  const chart = data?.chart;
  if (!chart?.layer || data.level !== "WEEKLY") return widget;
  const axis = axisOf(chart.layer);
  if (!axis) return widget;
  const places = new Set(axis.scale.domain);
  const metrics = new Set(data.measures.map(({ name }) => name));
  const values = insights
    .map((one, at) => ({ ...one, at }))
    .filter(({ type, metric }) => ON_A_DAY.includes(type) && metrics.has(metric))
    .filter((one) => isShown(one, data.dimension, merged(filterLayers)))
    .map(({ start, text, at }) => ({ place: placeOf(start, places), text, label: `${at + 1}` }))
    .filter(({ place }) => place);
  if (!values.length) return widget;
  const layers = marks(values, axis, HUES[theme]);
  const drawn = { ...chart, layer: [...chart.layer, ...layers] };
  const said = values.map(({ label, text }) => `Mark ${label}: ${text}`).join(" ");
  return { ...widget, data: { ...data, chart: drawn, altText: `${data.altText} ${said}` } };
}

/* Of each dimension, the filters of the first layer that has any. */
function merged(layers) {
  return layers.reduce((found, layer) => {
    const taken = new Set(found.map(({ dimension }) => dimension));
    return [...found, ...layer.filter(({ dimension }) => !taken.has(dimension))];
  }, []);
}

function isShown({ dimension, value, filters: own }, ofChart, filters) {
  if (sameFilters(own, filters)) return !dimension || dimension === ofChart;
  const only = [{ dimension, values: [value], exclude: false }];
  return own.length === 0 && sameFilters(only, filters);
}

function sameFilters(...both) {
  const [one, other] = both.map((filters) =>
    JSON.stringify(
      filters.map(({ dimension, values, exclude }) => [
        dimension,
        Boolean(exclude),
        [...values].sort(),
      ]),
    ),
  );
  return one === other;
}

/* The axis of weeks, which all layers share. */
function axisOf(layers) {
  for (const { encoding, layer } of layers) {
    const axis = layer ? axisOf(layer) : encoding?.x;
    if (axis?.type === "ordinal" && axis.scale?.domain) return axis;
  }
  return null;
}

/* The name of a week on the axis: its first day, with the year if the axis has several. */
function placeOf(start, places) {
  const [year, month, date] = start.split("-").map(Number);
  const name = `${date} ${"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[month - 1]}`;
  return [name, `${name} ${year}`].find((one) => places.has(one));
}

function marks(values, x, hue) {
  const tooltip = { field: "text", type: "nominal" };
  const shared = { data: { values }, encoding: { x, tooltip } };
  const line = { type: "rule", color: hue, strokeDash: [2, 3], opacity: 0.8 };
  const badge = { type: "point", shape: "circle", filled: true, size: 230, color: hue, opacity: 1 };
  const ink = hue === HUES.light ? "#ffffff" : "#2b0018";
  const words = { type: "text", color: ink, fontSize: 10.5, fontWeight: 700, baseline: "middle" };
  const top = { value: 8 };
  return [
    { ...shared, mark: line },
    { ...shared, mark: badge, encoding: { ...shared.encoding, y: top } },
    {
      ...shared,
      mark: words,
      encoding: { ...shared.encoding, y: top, text: { field: "label", type: "nominal" } },
    },
  ];
}
