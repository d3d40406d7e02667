/* Formats values of measures for people. Values are decimals in text and stay exact: none becomes a
   JavaScript number. A cell without a value shows the reason. */
import { dayRange } from "./words.js";

const LANGUAGE = "en";

const REASONS = {
  DATA_GAP: "Amazon has no data",
  EMPTY: "no rows",
  MISSING: "not collected",
  NOT_COMPARABLE: "not comparable",
  NOTHING: "no row has a value",
  NOT_ADDITIVE: "cannot be added up",
  NO_DENOMINATOR: "nothing to divide by",
  OTHER_CURRENCY: "in another currency than the instance",
  SUPPRESSED: "withheld by privacy",
};

export const reason = ({ state }) => REASONS[state] ?? state.toLowerCase().replaceAll("_", " ");

/* The measure in the currency of a source. */
export const inCurrency = (measure, currency) => ({
  ...measure,
  currency: currency ?? measure.currency,
});

/* Decimals by unit, as in domain/charts/formats.py. */
const DIGITS = { CURRENCY: 2, COUNT: 0, USERS: 0, PERCENT: 2, RATIO: 2, SECONDS: 1 };
const WITHOUT_CENTS = ["JPY"];

/* The value with the unit's number of decimals, or with `decimals`. */
export function shown(cell, measure, decimals) {
  if (cell.value === null) return reason(cell);
  const numbers = new Intl.NumberFormat(LANGUAGE, format(cell, measure, decimals));
  const text = numbers.format(cell.value).replace("-", "−");
  return measure.unit === "SECONDS" ? `${text} s` : text;
}

function format({ value }, { unit, currency }, decimals) {
  const own = WITHOUT_CENTS.includes(currency) ? 0 : (DIGITS[unit] ?? 2);
  const digits = digitsOf(Number(value) * (unit === "PERCENT" ? 100 : 1), decimals ?? own);
  if (unit === "PERCENT") return { ...digits, style: "percent" };
  return unit === "CURRENCY" && currency ? { ...digits, style: "currency", currency } : digits;
}

/* A value that these decimals would make zero has two digits of its own. */
function digitsOf(value, decimals) {
  const isTiny = value !== 0 && Math.abs(value) < 0.5 * 10 ** -decimals;
  return isTiny
    ? { maximumSignificantDigits: 2 }
    : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
}

export const earlier = (comparison) =>
  comparison === "PREVIOUS_YEAR" ? "the year before" : "the period before";

/* The change from the value that it is compared with, as an arrow and words. `obstacle` is the
   API's reason why the two are not comparable, or null. */
export function change(now, before, comparison, obstacle) {
  const than = earlier(comparison);
  const lacking = [now, before].find((cell) => cell.value === null);
  const why = lacking ? reason(lacking) : obstacle;
  if (why) return { words: `not comparable with ${than}: ${why}` };
  const [value, old] = [Number(now.value), Number(before.value)];
  if (value === old) return { arrow: "=", words: `the same as ${than}` };
  const [arrow, more] = value > old ? ["▲", "more"] : ["▼", "less"];
  if (old === 0) return { arrow, words: `${more} than ${than}, which was 0` };
  const share = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 1 });
  return { arrow, words: `${share.format(Math.abs((value - old) / old))} ${more} than ${than}` };
}

/* Ranges are half-open: the end is the day after the last one. */
export function days(start, end) {
  return dayRange(start, lastBefore(end));
}

function lastBefore(end) {
  const last = new Date(end);
  last.setUTCDate(last.getUTCDate() - 1);
  return last.toISOString().slice(0, 10);
}
