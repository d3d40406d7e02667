/* One segment of a collection, opened: how it stands, its runs, and the rows that it has brought. The
   first day of the segment is part of the URL. */
import { element } from "./element.js";
import { at, explain } from "./frame.js";
import { showRows } from "./result.js";
import { standing, time } from "./rows.js";
import { ask } from "./session.js";
import { kindOf } from "./strip.js";
import { dayRange, moment, plural } from "./words.js";

const READ = `
query ReadWeek($id: ID!) {
  node(id: $id) {
    ... on Week {
      revision settlesAt collectedAt
      execution { id status outcome windowStart windowEnd }
      executions { id status outcome createdAt completedAt errorMessage }
    }
  }
}`;

const RETRY = `
mutation RetryWeek($id: ID!, $week: ID!) {
  collectionRetry(id: $id, weekId: $week) { id }
}`;

let opened = null; // what is shown, to read it again only if it has changed

/* The week that the URL names, among those of a collection. */
export function chosen(weeks) {
  const start = new URLSearchParams(location.search).get("week");
  return weeks.find((week) => week.startDate === start) ?? null;
}

/* Opens a week, or closes the panel if there is none. `retried` is called after it is tried again. */
export async function openWeek(week, { collection, mayRetry, retried }) {
  const content = JSON.stringify([week, mayRetry]);
  if (content === opened) return;
  opened = content;
  const search = week ? `?week=${week.startDate}` : location.pathname;
  history.replaceState(null, "", search);
  at("week").hidden = !week;
  if (!week) return;
  try {
    const { node } = await ask(READ, { id: week.id });
    if (content === opened) draw(week, node, { collection, mayRetry, retried });
  } catch (refusal) {
    opened = null;
    explain(refusal);
  }
}

function draw(week, node, how) {
  const rows = element("div", {});
  const close = element("button", { type: "button" }, "Close");
  close.onclick = () => openWeek(null, how);
  at("week").replaceChildren(
    element(
      "div",
      { className: "heading" },
      element("h2", { id: "week-title" }, dayRange(week.startDate, week.endDate)),
      element("div", { className: "actions" }, how.mayRetry ? retry(week, how) : null, close),
    ),
    element("p", {}, `${state(week, node)}`),
    runs(node.executions),
    rows,
  );
  if (week.outcome === "DATA" && node.execution) showRows(rows, node.execution);
}

function state(week, { revision, settlesAt, collectedAt }) {
  const kind = kindOf(week).says;
  const said = [`${kind.charAt(0).toUpperCase()}${kind.slice(1)}.`];
  if (collectedAt) said.push(`Collected on ${moment(collectedAt)}, ${plural(week.rowCount ?? 0, "row")}.`);
  if (revision > 1) said.push(`This is result number ${revision}: Amazon has changed the numbers.`);
  if (week.isProvisional && settlesAt) said.push(`It may change until ${moment(settlesAt)}.`);
  if (week.errorMessage) said.push(week.errorMessage);
  return said.join(" ");
}

function runs(executions) {
  const line = (one) =>
    element("li", {}, standing(one), " · ", time(one.createdAt), one.errorMessage && ` · ${one.errorMessage}`);
  if (!executions.length) return null;
  return element("ol", { className: "runs soft", "aria-label": "Runs" }, ...executions.map(line));
}

function retry(week, { collection, retried }) {
  const made = element("button", { type: "button" }, "Collect it again");
  made.onclick = async () => {
    made.disabled = true;
    try {
      await ask(RETRY, { id: collection, week: week.id });
      retried();
    } catch (refusal) {
      made.disabled = false;
      explain(refusal);
    }
  };
  return made;
}
