/* The list of reports. */
import { openList } from "./lists.js";
import { element } from "./element.js";
import { link, status, time } from "./rows.js";

const QUERY = `
query ListReports(
  $first: Int, $after: String, $last: Int, $before: String
  $filter: ReportFilter, $orderBy: ReportOrder
) {
  reports(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes {
      id name state newestStatus lastRunAt nextRunAt isFavorite createdAt
      template { name }
      instance { name }
    }
  }
}`;

const STATES = { PAUSED: "Schedule paused", INACTIVE: "Archived" };

openList({
  query: QUERY,
  root: "reports",
  one: "report",
  sort: "-CREATED_AT",
  columns: [
    { title: "Name", sort: "NAME", cell: named },
    { title: "Question", cell: ({ template }) => template.name, isWide: true },
    { title: "Instance", cell: ({ instance }) => instance.name, isWide: true },
    { title: "Last result", cell: ({ newestStatus }) => newestStatus && status(newestStatus) },
    { title: "Last run", sort: "LAST_RUN_AT", cell: (one) => time(one.lastRunAt), isWide: true },
    { title: "Next run", sort: "NEXT_RUN_AT", cell: (one) => time(one.nextRunAt), isWide: true },
    { title: "Created", sort: "CREATED_AT", cell: (one) => time(one.createdAt), isWide: true },
  ],
  filters: [
    {
      name: "state",
      label: "Show",
      options: [
        ["", "all in use", { states: ["ACTIVE", "PAUSED"] }],
        ["paused", "schedule paused", { states: ["PAUSED"] }],
        ["archived", "archived", { states: ["INACTIVE"] }],
      ],
    },
    {
      name: "result",
      label: "Last result",
      options: [
        ["", "any"],
        ["running", "under way", { newestStatuses: ["PENDING", "RUNNING"] }],
        ["completed", "completed", { newestStatuses: ["COMPLETED"] }],
        ["failed", "failed", { newestStatuses: ["FAILED"] }],
      ],
    },
    { name: "of", label: "Made by", options: [["", "everybody"], ["me", "me", { mine: true }]] },
  ],
  hint: () => [
    element("p", {}, "There is no report yet. Choose one of the ready-made questions to begin with."),
    link("/reports/new", "Make the first report"),
  ],
});

function named({ id, name, state }) {
  const note = STATES[state];
  return [link(`/reports/${id}`, name), note ? element("span", { className: "tag" }, note) : ""];
}
