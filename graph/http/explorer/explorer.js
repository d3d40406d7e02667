/* The explorer: GraphiQL with examples, a session, and values that the page looks up. */
import { ask, authorization, keepSession, settings } from "../pages/session.js";

const h = React.createElement;
const address = new URL("/graphql", location.href);

/* Requests. An Authorization header from the headers editor takes precedence over the session. */

const fetcher = GraphiQL.createFetcher({
  url: address.href,
  subscriptionUrl: address.href.replace(/^http/, "ws"),
});

function signed(headers) {
  const named = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "authorization");
  return named ? { ...headers } : { ...headers, ...authorization() };
}

/* Values in angle brackets in the examples: how each is found, and what to do if it is not. */

const first = (list) => list.nodes[0]?.id;
const found = [
  {
    pattern: /^<first instance>$/,
    query: "{ instances(first: 1) { nodes { id } } }",
    pick: (data) => first(data.instances),
    missing: "You are a member of no instance. Ask an operator to add you to one.",
  },
  {
    pattern: /^<newest report>$/,
    query: "{ reports(first: 1) { nodes { id } } }",
    pick: (data) => first(data.reports),
    missing: "There is no report yet: run CreateReport first.",
  },
  {
    pattern: /^<newest execution>$/,
    query: "{ executions(first: 1) { nodes { id } } }",
    pick: (data) => first(data.executions),
    missing: "There is no execution yet: run RunReport first.",
  },
  {
    // A report is left out if a collection of it is open, as these weeks could not be collected.
    pattern: /^<report to collect>$/,
    query: `{
      reports(first: 100, filter: {states: [ACTIVE]}) { nodes { id } }
      collections(first: 100, filter: {isOpen: true}) { nodes { report { id } } }
    }`,
    pick: (data) => {
      const busy = data.collections.nodes.map((one) => one.report?.id);
      return data.reports.nodes.find((one) => !busy.includes(one.id))?.id;
    },
    missing: "There is no report, or each is being collected already: run CreateReport first.",
  },
  {
    pattern: /^<newest collection>$/,
    query: "{ collections(first: 1) { nodes { id } } }",
    pick: (data) => first(data.collections),
    missing: "There is no collection yet: run StartCollection first.",
  },
  {
    pattern: /^<template ([\w-]+)>$/,
    query: "{ templates(first: 100) { nodes { id slug } } }",
    pick: (data, slug) => data.templates.nodes.find((one) => one.slug === slug)?.id,
    missing: "There is no such template.",
  },
];

async function filled(value, headers) {
  if (Array.isArray(value)) return Promise.all(value.map((one) => filled(one, headers)));
  if (value !== null && typeof value === "object") {
    const pairs = Object.entries(value).map(async ([key, one]) => [key, await filled(one, headers)]);
    return Object.fromEntries(await Promise.all(pairs));
  }
  if (typeof value !== "string") return value;
  for (const { pattern, query, pick, missing } of found) {
    const match = value.match(pattern);
    if (!match) continue;
    const id = pick(await ask(query, {}, headers), match[1]);
    if (!id) throw new Error(missing);
    return id;
  }
  return value;
}

async function run(request, options) {
  const headers = signed(options?.headers);
  const variables = await filled(request.variables, headers);
  const asked = { ...request, ...meant(request), ...aboutTheSchema(request), variables };
  const answer = await fetcher(asked, { headers, ...parsed(request) });
  if (request.operationName === "IntrospectionQuery") return answer;
  if (answer[Symbol.asyncIterator]) return events(answer);
  showCost(answer);
  return answer;
}

async function* events(answers) {
  for await (const answer of answers) {
    showCost(answer);
    yield answer;
  }
}

/* The cost of the last answer */

const cost = document.getElementById("cost");
const points = new Intl.NumberFormat("en");

function showCost(answer) {
  const told = answer.extensions?.cost;
  cost.hidden = !told;
  if (!told) return;
  const { requested, actual, limit, throttle } = told;
  const parts = [`Cost ${points.format(actual)}`, `at most ${points.format(requested)}`];
  parts.push(`limit ${points.format(limit)}`);
  if (throttle) {
    const { available, maximum } = throttle;
    parts.push(`budget ${points.format(available)} of ${points.format(maximum)}`);
  }
  cost.textContent = parts.join(" · ");
}

// GraphiQL's introspection query, as in introspection.graphql: a server that runs only trusted
// documents has that text on its list.
function aboutTheSchema({ query, operationName }) {
  if (operationName !== "IntrospectionQuery") return {};
  return { query: GraphiQL.GraphQL.print(GraphiQL.GraphQL.parse(query)) };
}

// GraphiQL updates these a moment after a change of tabs, so both are read from the query.

function parsed({ query }) {
  try {
    return { documentAST: GraphiQL.GraphQL.parse(query) };
  } catch {
    return {}; // the server reports the error
  }
}

function meant(request) {
  const { documentAST } = parsed(request);
  const operations = documentAST?.definitions.filter((one) => one.kind === "OperationDefinition");
  return operations?.length === 1 ? { operationName: operations[0].name?.value } : {};
}

/* The panel of examples */

function Examples() {
  const editors = GraphiQL.React.useEditorContext({ nonNull: true });
  const open = (example) => {
    const tab = editors.tabs.findIndex((one) => one.title === example.name);
    if (tab >= 0) {
      editors.changeTab(tab);
      return;
    }
    editors.addTab();
    setTimeout(() => {
      editors.queryEditor.setValue(example.query);
      editors.variableEditor.setValue(variables(example));
    });
  };
  const line = (example) =>
    h(
      "li",
      { key: example.name },
      h(
        "button",
        { type: "button", onClick: () => open(example) },
        h("strong", null, example.name),
        h("span", null, example.about),
      ),
    );
  return h(
    "section",
    { "aria-label": "Examples" },
    h("div", { className: "graphiql-doc-explorer-title" }, "Examples"),
    h("p", null, "An analyst's first job, in order. Each runs as it stands."),
    h("ol", { className: "examples" }, settings.examples.map(line)),
  );
}

function Icon() {
  const isShown = GraphiQL.React.usePluginContext()?.visiblePlugin === panel;
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: isShown ? 2.4 : 1.5 },
    h("path", { d: "M9 6h11M9 12h11M9 18h11", strokeLinecap: "round" }),
    h("path", { d: "M3.5 6l1 1 2-2M3.5 12l1 1 2-2M3.5 18l1 1 2-2", strokeLinejoin: "round" }),
  );
}

const panel = { title: "Examples", icon: Icon, content: Examples };
const plugins = [panel, GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false })];

function variables(example) {
  return Object.keys(example.variables).length ? JSON.stringify(example.variables, null, 2) : "";
}

/* The page */

const root = ReactDOM.createRoot(document.getElementById("explorer"));
const isPhone = matchMedia("(max-width: 760px)").matches;
const isNew = localStorage.getItem("graphiql:tabState") === null;
const props = {
  plugins,
  defaultTabs: settings.examples.map((one) => ({ query: one.query, variables: variables(one) })),
  visiblePlugin: isNew && !isPhone ? panel : undefined,
  defaultEditorToolsVisibility: "variables",
  shouldPersistHeaders: false,
  inputValueDeprecation: true,
};

function show() {
  // A new function for each session, so that GraphiQL fetches the schema again.
  root.render(h(GraphiQL, { ...props, fetcher: (...given) => run(...given) }));
}

document.getElementById("reset").onclick = () => {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith("graphiql:") && name !== "graphiql:theme") localStorage.removeItem(name);
  }
  location.reload();
};
const help = document.querySelector(".help");
document.addEventListener("click", (event) => {
  if (help.open && !help.contains(event.target)) help.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !help.open) return;
  help.open = false;
  help.querySelector("summary").focus();
});

keepSession(document.getElementById("session"), show);
