/* Values of measures as people read them. They come as digits, and stay exact: none is made a
   number on the way. What has no value says why. */
import { dayRange } from "./words.js";

const LANGUAGE = "en";

const REASONS = {
  DATA_GAP: "Amazon has no data",
  EMPTY: "no rows",
  MISSING: "not collected",
  NOTHING: "no row has a value",
  NOT_ADDITIVE: "cannot be added up",
  NO_DENOMINATOR: "nothing to divide by",
  SUPPRESSED: "withheld by privacy",
};

export const reason = ({ state }) => REASONS[state] ?? state.toLowerCase().replaceAll("_", " ");

/* `decimals` is how many are shown; by default as many as the unit wants. */
export function shown(cell, measure, decimals) {
  if (cell.value === null) return reason(cell);
  const text = new Intl.NumberFormat(LANGUAGE, format(measure, decimals)).format(cell.value);
  return measure.unit === "SECONDS" ? `${text} s` : text;
}

function format({ unit, currency }, decimals) {
  const most = decimals ?? { CURRENCY: 2, COUNT: 0, USERS: 0 }[unit] ?? 2;
  const digits = { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: most };
  if (unit === "PERCENT") return { ...digits, style: "percent" };
  if (unit !== "CURRENCY" || !currency) return digits;
  return { ...digits, minimumFractionDigits: decimals ?? 2, style: "currency", currency };
}

/* How a value differs from the one it is compared with: an arrow and words. */
export function change(now, before, comparison) {
  const than = comparison === "PREVIOUS_YEAR" ? "the year before" : "the period before";
  const lacking = [now, before].find((cell) => cell.value === null);
  if (lacking) return { words: `not comparable with ${than}: ${reason(lacking)}` };
  const [value, old] = [Number(now.value), Number(before.value)];
  if (value === old) return { arrow: "=", words: `the same as ${than}` };
  const [arrow, more] = value > old ? ["▲", "more"] : ["▼", "less"];
  if (old === 0) return { arrow, words: `${more} than ${than}, which was 0` };
  const share = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 1 });
  return { arrow, words: `${share.format(Math.abs((value - old) / old))} ${more} than ${than}` };
}

/* Days come half-open: the end is the first day that is not meant. */
export function days(start, end) {
  return dayRange(start, lastBefore(end));
}

function lastBefore(end) {
  const last = new Date(end);
  last.setUTCDate(last.getUTCDate() - 1);
  return last.toISOString().slice(0, 10);
}

/* What a row is called: its days, or the value of its dimension. */
export function named(point, { dimension }) {
  if (!dimension) return days(point.start, point.end);
  if (point.isOther) return "(other)";
  return point.value ?? "(withheld by privacy)";
}
