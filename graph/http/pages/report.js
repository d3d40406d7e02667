/* The page of a report: the result of its newest run, dashboards, collections and runs, and what one may do with
   it. One query draws it. The rows of a result are asked for once it has one. */
import { planning } from "./collecting.js";
import { element } from "./element.js";
import { READ_INSIGHTS_OF_REPORT, showInsights } from "./insights.js";
import { at, explain, follow, notify, openPage, titled } from "./frame.js";
import { cards, collected, daysOf, link, progress, standing, status, time } from "./rows.js";
import { ask, settings } from "./session.js";
import { showResult } from "./result.js";
import { plural } from "./words.js";

const READ = `
query ReadReport($id: ID!) {
  report(id: $id) {
    name description state viewerCan
    template { name }
    instance { name }
    schedule { words nextRunAt }
    dashboards { id name }
    collections(first: 5) {
      nodes {
        id status segmentType startDate endDate weeksCompleted targetWeeks progressPercentage
      }
    }
    executions(first: 10) {
      totalCount
      nodes {
        id status outcome rowCount triggeredBy windowStart windowEnd createdAt completedAt
        errorMessage
        blockedBy { message }
      }
    }
  }
  dashboardTemplates(reportId: $id) { slug name description missing }
}`;

const WATCH_RUN = `
subscription WatchRun($id: ID!) {
  execution(id: $id) { version }
}`;

const WATCH_COLLECTIONS = `
subscription WatchCollectionsOfReport($id: ID!) {
  collections(filter: {reportIds: [$id]}, first: 5) { nodes { id version } }
}`;

const RUN = `
mutation RunReport($id: ID!) {
  reportRun(id: $id) { id }
}`;

const MAKE = `
mutation MakeDashboard($template: String!, $id: ID!) {
  dashboardCreateFromTemplate(template: $template, sources: [{reportId: $id}]) { id }
}`;

const STARTED_BY = { MANUAL: "by hand", API: "by hand", SCHEDULE: "schedule", BACKFILL: "collection" };
const OPEN = ["PENDING", "RUNNING"];
const id = settings.id;

const MAKING = 3000; // milliseconds that insights take to be made
let asked = 0;
let watched = null; // the run that is followed

openPage({ what: "this report", content: "report", begin });
planning(at("collecting"), id);

function begin() {
  watched = null;
  follow(WATCH_COLLECTIONS, { id }, { next: read, refused: explainIt });
}

function explainIt(message) {
  explain(new Error(message));
}

async function read() {
  const turn = ++asked;
  try {
    const found = await ask(READ, { id });
    if (turn !== asked) return;
    notify("");
    draw(found);
    await readInsights(turn);
  } catch (refusal) {
    if (turn === asked) explain(refusal);
  }
}

/* Insights are made in the background after the first who asks: they are asked for some times. */
async function readInsights(turn, times = 5) {
  const found = (await ask(READ_INSIGHTS_OF_REPORT, { id })).report;
  if (turn !== asked) return;
  const { isCurrent, error, refusals } = found.insightState;
  if (found.insights.length || refusals.length) showInsights(at("insights"), found);
  if (isCurrent || error || times === 0) return;
  setTimeout(() => readInsights(turn, times - 1).catch(() => {}), MAKING);
}

/* The newest run is followed until it is over. */
function followRun({ id: run, status: name }) {
  if (watched === run || !OPEN.includes(name)) return;
  watched = run;
  follow(WATCH_RUN, { id: run }, { next: read, refused: explainIt });
}

function draw({ report, dashboardTemplates }) {
  const { name, template, instance, schedule, executions } = report;
  titled(name);
  at("title").textContent = name;
  const about = [template.name, `on ${instance.name}`, schedule?.words ?? "no schedule"];
  at("about").textContent = about.join(" · ");
  at("description").textContent = report.description ?? "";
  drawActions(report);
  showResult(at("result"), executions.nodes, report.viewerCan.includes("RUN"));
  drawDashboards(report, (dashboardTemplates ?? []).filter((one) => !one.missing?.length));
  at("collections").replaceChildren(
    cards(report.collections.nodes, collectionOf, "Nothing of the past is collected yet."),
  );
  at("count").textContent = executions.totalCount ? plural(executions.totalCount, "run") : "";
  at("runs").replaceChildren(
    executions.nodes.length ? runs(executions.nodes) : element("p", { className: "empty" }, "Never run."),
  );
  at("report").hidden = false;
  if (executions.nodes.length) followRun(executions.nodes[0]);
}

function drawActions({ viewerCan, state }) {
  const run = element("button", { type: "button", className: "is-first" }, "Run now");
  run.onclick = () => act(run, () => ask(RUN, { id }).then(read));
  const collect = element("button", { type: "button" }, "Collect the past");
  collect.onclick = () => {
    at("collecting").hidden = !at("collecting").hidden;
    if (!at("collecting").hidden) at("weeks").focus();
  };
  at("actions").replaceChildren(
    ...[
      state === "INACTIVE" && element("span", { className: "tag" }, "Archived"),
      viewerCan.includes("RUN") && run,
      viewerCan.includes("COLLECT") && collect,
    ].filter(Boolean),
  );
}

async function act(pressed, does) {
  pressed.disabled = true;
  notify("");
  try {
    await does();
  } catch (refusal) {
    explain(refusal);
  }
  pressed.disabled = false;
}

function drawDashboards({ dashboards }, templates) {
  const make = ({ slug, name, description }) => {
    const made = element("button", { type: "button", title: description }, name);
    const open = ({ dashboardCreateFromTemplate: one }) => location.assign(`/dashboards/${one.id}`);
    made.onclick = () => act(made, () => ask(MAKE, { template: slug, id }).then(open));
    return made;
  };
  const line = (one) => [link(`/dashboards/${one.id}`, one.name)];
  at("dashboards").replaceChildren(cards(dashboards, line, "There is none yet."));
  if (templates.length)
    at("dashboards").append(
      element("p", { className: "soft" }, "Make a dashboard:"),
      element("div", { className: "choices" }, ...templates.map(make)),
    );
}

function collectionOf(one) {
  return [
    link(`/collections/${one.id}`, collected(one)),
    element("p", { className: "soft" }, status(one.status)),
    element("p", {}, ...progress(one)),
  ];
}

function runs(nodes) {
  const titles = ["State", "Days", "Rows", "Started", "Ended"];
  const row = (one) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, standing(one), why(one)),
      element("td", {}, daysOf(one)),
      element("td", {}, one.rowCount?.toLocaleString("en") ?? "–"),
      element("td", { className: "is-wide" }, time(one.createdAt), ` (${STARTED_BY[one.triggeredBy]})`),
      element("td", { className: "is-wide" }, time(one.completedAt) ?? "–"),
    );
  const head = titles.map((title, place) =>
    element("th", { scope: "col", className: place > 2 ? "is-wide" : "" }, title),
  );
  return element(
    "table",
    { className: "list" },
    element("caption", { className: "unseen" }, "Runs, newest first"),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...nodes.map(row)),
  );
}

/* Why a run waits, or why it failed. */
function why({ status: name, blockedBy, errorMessage }) {
  const said = OPEN.includes(name) ? blockedBy?.message : errorMessage;
  return said ? element("p", { className: "notes" }, said) : null;
}
