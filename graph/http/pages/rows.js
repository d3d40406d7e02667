/* What lists and pages say about reports, executions and collections. */
import { element } from "./element.js";
import { dayRange, moment, plural, word } from "./words.js";

export const link = (address, text) => element("a", { href: address }, text);

const OUTCOMES = {
  EMPTY: "No rows",
  SUPPRESSED: "Withheld by privacy",
  DATA_GAP: "Amazon has no data",
};
const SEGMENTS = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", QUARTERLY: "quarter" };

export const segment = ({ segmentType }) => SEGMENTS[segmentType];

/* A status as a word with a colour. */
export function status(name, text = word(name)) {
  return element("span", { className: `status is-${name.toLowerCase()}` }, text);
}

/* How an execution stands: what it waits for, or what came out of it. */
export function standing({ status: name, outcome }) {
  return status(name, OUTCOMES[outcome] ?? word(name));
}

export const time = (text) => (text ? element("time", { dateTime: text }, moment(text)) : null);

/* The progress of a collection: a bar, and how many segments have a result. */
export function progress(one) {
  const said = `${one.weeksCompleted} of ${plural(one.targetWeeks, segment(one))}`;
  const bar = element("progress", { max: 100, value: one.progressPercentage });
  bar.setAttribute("aria-label", `Collected, in percent, ${collected(one)}`);
  return [bar, element("span", { className: "soft" }, said)];
}

export const collected = (one) => dayRange(one.startDate, one.endDate);

/* The days that an execution asked about. */
export function daysOf({ windowStart, windowEnd }) {
  if (!windowStart || !windowEnd) return "–";
  const last = new Date(new Date(windowEnd) - 1).toISOString();
  return dayRange(windowStart.slice(0, 10), last.slice(0, 10));
}

/* A short list: `line(one)` gives the parts of each entry. */
export function cards(nodes, line, nothing) {
  if (!nodes.length) return element("p", { className: "empty" }, nothing);
  const entries = nodes.map((one) => element("li", {}, ...line(one)));
  return element("ul", { className: "cards" }, ...entries);
}
