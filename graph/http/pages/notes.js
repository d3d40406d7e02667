/* The notes of widgets: incomplete, provisional or withheld data. A note that all widgets have stands
   once, above them. */
import { days, earlier } from "./values.js";
import { number, plural } from "./words.js";

const ALL = 2; // widgets, from which on a note can be on all of them

/* The notes that every widget with numbers has, in words, and their kinds. */
export function shared(every) {
  const shown = every.filter((data) => !data.unserved);
  const found = shown.map((data) => new Map(notesBy(data)));
  if (found.length < ALL) return { kinds: new Set(), words: "" };
  const kinds = [...found[0].keys()].filter((kind) => isShared(kind, found));
  const words = kinds.map((kind) => (kind === "privacy" ? privacy(shown) : found[0].get(kind)));
  return { kinds: new Set(kinds), words: sentence(words) };
}

/* The notes below a widget, without those that stand above all of them. */
export function notesOf(data, { kinds }) {
  if (!data || data.unserved) return "";
  const own = [...notesBy(data)].filter(([kind]) => !kinds.has(kind));
  return own.map(([, said]) => said).join(" · ");
}

/* Shares of privacy may differ; they stand together as a range. */
function isShared(kind, found) {
  if (kind === "privacy") return found.every((one) => one.has(kind));
  return found.every((one) => one.get(kind) === found[0].get(kind));
}

function* notesBy(data) {
  const { coverage, previousCoverage, isProvisional, suppressedShare } = data;
  const [now, before] = [unknown(coverage), unknown(previousCoverage)];
  if (now) yield ["coverage", now];
  if (before) yield ["before", `of ${earlier(data.comparison)}, ${before}`];
  for (const said of leftOut(data)) yield [said, said];
  if (isProvisional) yield ["provisional", "provisional: it may still change"];
  if (Number(suppressedShare) > 0) yield ["privacy", privacy([data])];
}

function privacy(every) {
  const shares = every.map(({ suppressedShare }) => number(100 * suppressedShare));
  const sorted = [...new Set(shares)].sort((one, other) => Number(one) - Number(other));
  const span = sorted.length > 1 ? `${sorted[0]} to ${sorted.at(-1)}` : sorted[0];
  return `privacy hides details of ${span} % of rows`;
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

function sentence(words) {
  const said = words.join(" · ");
  return said ? `Everywhere: ${said}.` : "";
}
