/* Formats numbers, days and times for people, in one style. Days such as 2026-03-02 have no time zone.
   Times are shown in the reader's time zone. */
const LANGUAGE = "en";
const DAY = 24 * 60 * 60 * 1000;

const numbers = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });

export const number = (value) => numbers.format(value);

/* 2 Mar 2026, as on the axes of charts. */
export function day(text) {
  const [year, month, date] = text.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

/* The range includes both days. */
export function dayRange(first, last) {
  if (first === last) return day(first);
  const [one, other] = [day(first).split(" "), day(last).split(" ")];
  while (one.length > 1 && one.at(-1) === other.at(one.length - 1)) one.pop();
  return `${one.join(" ")} – ${other.join(" ")}`;
}

/* 2 Mar 2026, 14:05, in the reader's time zone. */
export function moment(text) {
  const when = new Date(text);
  return `${when.getDate()} ${MONTHS[when.getMonth()]} ${when.getFullYear()}, ${clock.format(when)}`;
}

/* The same with the name of the zone. */
export function exactMoment(text) {
  const named = zone.formatToParts(new Date(text)).find((one) => one.type === "timeZoneName");
  return `${moment(text)} ${named.value}`;
}

export function duration(milliseconds) {
  const minutes = milliseconds / 60_000;
  if (minutes < 1) return plural(Math.max(1, Math.round(milliseconds / 1000)), "second");
  if (minutes < 90) return plural(Math.round(minutes), "minute");
  if (milliseconds < 2 * DAY) return plural(Math.round(minutes / 60), "hour");
  return plural(Math.round(milliseconds / DAY), "day");
}

export const plural = (count, one, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;

/* PARTIAL becomes Partial, AT_AMC becomes At amc. */
export function word(name) {
  const spaced = name.replaceAll("_", " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
