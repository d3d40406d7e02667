/* The first page: what there is, and how to begin. One query draws it. It is sent again when a
   collection moves. */
import { element } from "./element.js";
import { at, explain, follow, notify, openPage } from "./frame.js";
import { cards, collected, link, progress, status, time } from "./rows.js";
import { ask } from "./session.js";
import { number, plural } from "./words.js";

const READ = `
query ReadHome {
  overview { running waiting failedSinceYesterday openCollections }
  reports(first: 6, filter: {states: [ACTIVE, PAUSED]}) {
    totalCount
    nodes { id name newestStatus lastRunAt template { name } }
  }
  collections(first: 5, filter: {isOpen: true}) {
    nodes {
      id status segmentType startDate endDate weeksCompleted targetWeeks progressPercentage
      report { name }
    }
  }
  dashboards(first: 6, orderBy: {field: UPDATED_AT, direction: DESC}) {
    totalCount
    nodes { id name description }
  }
}`;

const WATCH = `
subscription WatchOpenCollections {
  collections(filter: {isOpen: true}, first: 5) { nodes { id version } }
}`;

const NONE = {
  underway: "No collection is under way.",
  reports: "There is no report yet.",
  dashboards: "There is no dashboard yet. A report's page makes one.",
};

let asked = 0;

openPage({
  what: "your reports, collections and dashboards",
  content: "home",
  begin: () => follow(WATCH, {}, { next: read }),
});

async function read() {
  const turn = ++asked;
  try {
    const found = await ask(READ);
    if (turn !== asked) return;
    notify("");
    draw(found);
  } catch (refusal) {
    if (turn === asked) explain(refusal);
  }
}

function draw({ overview, reports, collections, dashboards }) {
  const hasReports = reports.totalCount > 0;
  at("now").textContent = hasReports ? now(overview) : "Nothing yet.";
  at("start").hidden = hasReports;
  at("underway").replaceChildren(cards(collections.nodes, collectionOf, NONE.underway));
  at("reports").replaceChildren(cards(reports.nodes, reportOf, NONE.reports));
  at("dashboards").replaceChildren(cards(dashboards.nodes, dashboardOf, NONE.dashboards));
  at("home").hidden = false;
}

function now({ running, waiting, failedSinceYesterday, openCollections }) {
  const said = [
    `${plural(running, "query", "queries")} at Amazon`,
    `${number(waiting)} waiting`,
    `${plural(openCollections, "collection")} under way`,
    failedSinceYesterday && `${number(failedSinceYesterday)} failed since yesterday`,
  ];
  return said.filter(Boolean).join(" · ");
}

const soft = (...parts) => element("p", { className: "soft" }, ...parts.filter(Boolean));

function collectionOf(one) {
  const name = one.report?.name ?? "A workflow";
  return [
    link(`/collections/${one.id}`, name),
    soft(collected(one), " · ", status(one.status)),
    element("p", { className: "progress" }, ...progress(one)),
  ];
}

function reportOf({ id, name, template, newestStatus, lastRunAt }) {
  const ran = lastRunAt ? time(lastRunAt) : "never run";
  return [
    link(`/reports/${id}`, name),
    soft(template.name, " · ", newestStatus && status(newestStatus), newestStatus && " · ", ran),
  ];
}

function dashboardOf({ id, name, description }) {
  return [link(`/dashboards/${id}`, name), soft(description)];
}
