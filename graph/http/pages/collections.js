/* The list of collections, which is live. */
import { openList } from "./lists.js";
import { element } from "./element.js";
import { follow } from "./frame.js";
import { collected, link, progress, status, time } from "./rows.js";

const QUERY = `
query ListCollections(
  $first: Int, $after: String, $last: Int, $before: String
  $filter: CollectionFilter, $orderBy: CollectionOrder
) {
  collections(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes {
      id status segmentType startDate endDate weeksCompleted targetWeeks progressPercentage createdAt
      report { name }
      instance { name }
    }
  }
}`;

const WATCH = `
subscription WatchCollections($filter: CollectionFilter) {
  collections(filter: $filter) { nodes { id version } }
}`;

openList({
  query: QUERY,
  root: "collections",
  one: "collection",
  sort: "-CREATED_AT",
  columns: [
    { title: "Report", cell: named },
    { title: "Days", sort: "START_DATE", cell: collected, isWide: true },
    { title: "Instance", cell: ({ instance }) => instance.name, isWide: true },
    { title: "State", cell: (one) => status(one.status) },
    { title: "Progress", cell: progress },
    { title: "Started", sort: "CREATED_AT", cell: (one) => time(one.createdAt), isWide: true },
  ],
  filters: [
    {
      name: "state",
      label: "Show",
      options: [
        ["", "all"],
        ["open", "under way", { isOpen: true }],
        ["failed", "failed or partial", { statuses: ["FAILED", "PARTIAL"] }],
        ["completed", "completed", { statuses: ["COMPLETED"] }],
      ],
    },
    { name: "of", label: "Started by", options: [["", "everybody"], ["me", "me", { mine: true }]] },
  ],
  live: ({ filter, changed }) => follow(WATCH, { filter }, { next: changed }),
  hint: () => [
    element("p", {}, "Nothing has been collected yet. Open a report, and choose “Collect the past”."),
    link("/reports", "Go to the reports"),
  ],
});

function named({ id, report }) {
  return link(`/collections/${id}`, report?.name ?? "A workflow");
}
