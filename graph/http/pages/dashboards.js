/* The list of dashboards. */
import { openList } from "./lists.js";
import { element } from "./element.js";
import { link, time } from "./rows.js";

const QUERY = `
query ListDashboards(
  $first: Int, $after: String, $last: Int, $before: String
  $filter: DashboardFilter, $orderBy: DashboardOrder
) {
  dashboards(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes {
      id name description isPublic isFavorite updatedAt
      owner { name }
      sources { name }
    }
  }
}`;

openList({
  query: QUERY,
  root: "dashboards",
  one: "dashboard",
  sort: "-UPDATED_AT",
  columns: [
    { title: "Name", sort: "NAME", cell: named },
    { title: "Shows", cell: shows, isWide: true },
    { title: "Made by", cell: ({ owner }) => owner?.name, isWide: true },
    { title: "Changed", sort: "UPDATED_AT", cell: (one) => time(one.updatedAt) },
  ],
  filters: [
    {
      name: "of",
      label: "Show",
      options: [
        ["", "all"],
        ["mine", "mine", { mine: true }],
        ["shared", "shared with me", { sharedWithMe: true }],
        ["favorites", "favourites", { isFavorite: true }],
      ],
    },
  ],
  hint: () => [
    element("p", {}, "There is no dashboard yet. Open a report, and choose “Make a dashboard”."),
    link("/reports", "Go to the reports"),
  ],
});

function named({ id, name, isPublic }) {
  const note = isPublic ? element("span", { className: "tag" }, "public") : "";
  return [link(`/dashboards/${id}`, name), note];
}

function shows({ sources }) {
  return sources.map(({ name }) => name).join(", ") || null;
}
