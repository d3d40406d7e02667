/* Formats numbers, days and times for people. Days such as 2026-03-02 have no time zone. Times are
   shown in the reader's time zone. */
const LANGUAGE = "en";
const DAY = 24 * 60 * 60 * 1000;

const numbers = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeZone: "UTC" });
const times = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const moments = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });

export const number = (value) => numbers.format(value);

export const day = (text) => days.format(new Date(text));

/* The range includes both days. */
export function dayRange(first, last) {
  return first === last ? day(first) : days.formatRange(new Date(first), new Date(last));
}

export function moment(text) {
  const when = new Date(text);
  const isToday = when.toDateString() === new Date().toDateString();
  return (isToday ? times : moments).format(when);
}

export function duration(milliseconds) {
  const minutes = milliseconds / 60_000;
  if (minutes < 1) return plural(Math.max(1, Math.round(milliseconds / 1000)), "second");
  if (minutes < 90) return plural(Math.round(minutes), "minute");
  if (milliseconds < 2 * DAY) return plural(Math.round(minutes / 60), "hour");
  return plural(Math.round(milliseconds / DAY), "day");
}

export const plural = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;

/* PARTIAL becomes Partial, AT_AMC becomes At amc. */
export function word(name) {
  const spaced = name.replaceAll("_", " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
