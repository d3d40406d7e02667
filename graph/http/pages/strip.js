/* The heat strip: a cell for each segment, the oldest on the left. Each kind has a colour and a mark,
   so that the strip can be read without colours. The arrow keys go from cell to cell. */
import { element } from "./element.js";
import { dayRange, moment, plural } from "./words.js";

/* The kind of a segment is the first one that fits. */
const KINDS = [
  { name: "running", mark: "▸", says: "running", fits: (week) => week.isOpen },
  { name: "failed", mark: "×", says: "failed", fits: (week) => week.status === "FAILED" },
  { name: "skipped", mark: "/", says: "skipped", fits: (week) => week.status === "SKIPPED" },
  {
    name: "again",
    mark: "↻",
    says: "to be tried again",
    fits: (week) => week.nextAttemptAt && week.status !== "COMPLETED",
  },
  { name: "pending", mark: "·", says: "pending", fits: (week) => week.status !== "COMPLETED" },
  {
    name: "provisional",
    mark: "~",
    says: "collected, not settled yet",
    fits: (week) => week.isProvisional,
  },
  {
    name: "empty",
    mark: "0",
    says: "collected, nothing happened",
    fits: (week) => week.outcome === "EMPTY",
  },
  {
    name: "suppressed",
    mark: "?",
    says: "collected, hidden by privacy",
    fits: (week) => week.outcome === "SUPPRESSED",
  },
  {
    name: "gap",
    mark: "!",
    says: "collected, AMC misses data",
    fits: (week) => week.outcome === "DATA_GAP",
  },
  { name: "data", mark: "✓", says: "collected", fits: () => true },
];

export const kindOf = (week) => KINDS.find((kind) => kind.fits(week));

/* Fills `list` with cells, `legend` with the kinds, and `detail` with the segment that is pointed at.
   Calls `open(week)` for one that is pressed. */
export class Strip {
  #list;
  #legend;
  #detail;
  #open;
  #cells = new Map();
  #pointed = null;

  constructor(list, legend, detail, open) {
    this.#open = open;
    this.#list = list;
    this.#legend = legend;
    this.#detail = detail;
    list.onkeydown = (event) => this.#move(event);
  }

  /* Shows segments as the API lists them, newest first. */
  show(weeks) {
    const oldestFirst = weeks.toReversed();
    const isSame =
      oldestFirst.length === this.#cells.size &&
      oldestFirst.every((week) => this.#cells.has(week.id));
    if (!isSame) this.#rebuild(oldestFirst);
    for (const week of oldestFirst) this.#paint(week);
    this.#count(weeks);
  }

  #rebuild(weeks) {
    this.#cells = new Map(weeks.map((week, place) => [week.id, this.#cell(week.id, place)]));
    this.#list.replaceChildren(
      ...[...this.#cells.values()].map((cell) => element("li", {}, cell.button)),
    );
  }

  #cell(id, place) {
    const point = () => this.#point(id);
    const button = element("button", { type: "button", tabIndex: place ? -1 : 0 });
    button.onclick = () => {
      point();
      this.#open(this.#cells.get(id).week);
    };
    Object.assign(button, { onfocus: point, onmouseenter: point });
    return { button, week: null };
  }

  #paint(week) {
    const cell = this.#cells.get(week.id);
    const kind = kindOf(week);
    cell.week = week;
    cell.button.className = `cell is-${kind.name}`;
    cell.button.textContent = kind.mark;
    cell.button.setAttribute("aria-label", describe(week));
    if (this.#pointed === week.id) this.#detail.textContent = describe(week);
  }

  #point(id) {
    this.#pointed = id;
    this.#detail.textContent = describe(this.#cells.get(id).week);
    for (const [other, { button }] of this.#cells) button.tabIndex = other === id ? 0 : -1;
  }

  #move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.#cells.values()].map((cell) => cell.button);
    const place = buttons.indexOf(document.activeElement) + step;
    buttons[Math.min(Math.max(place, 0), buttons.length - 1)].focus();
  }

  #count(weeks) {
    const counts = Map.groupBy(weeks, kindOf);
    const entry = (kind) => {
      const mark = element(
        "span",
        { className: `cell is-${kind.name}`, "aria-hidden": "true" },
        kind.mark,
      );
      return element("li", {}, mark, `${counts.get(kind).length} ${kind.says}`);
    };
    this.#legend.replaceChildren(...KINDS.filter((kind) => counts.has(kind)).map(entry));
  }
}

/* A sentence or two about a segment. */
function describe(week) {
  const said = [`${dayRange(week.startDate, week.endDate)}: ${kindOf(week).says}`];
  if (week.rowCount) said.push(plural(week.rowCount, "row"));
  if (week.attempts > 1) said.push(plural(week.attempts, "attempt"));
  const next = week.nextAttemptAt ? ` Tried again at ${moment(week.nextAttemptAt)}.` : "";
  const reason = week.errorMessage ? ` ${week.errorMessage}` : "";
  return `${said.join(", ")}.${reason}${next}`;
}
