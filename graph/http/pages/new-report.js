/* The form that makes a report of a template, and runs it. The template's definitions of its
   parameters, a JSON Schema, give the fields. */
import { element } from "./element.js";
import { at, explain, notify, openPage } from "./frame.js";
import { fieldOf, valueOf } from "./parameters.js";
import { ask } from "./session.js";

const READ = `
query ReadTemplates {
  templates(first: 100, orderBy: {field: NAME, direction: ASC}) {
    nodes { id slug name description category currentVersion { parameterDefinitions } }
  }
  instances(first: 100) { nodes { id name viewerRole isActive } }
}`;

const CREATE = `
mutation CreateReport($report: ReportInput!) {
  reportCreate(report: $report, run: true) { id }
}`;

const FIRST = "campaign-performance"; // the question that most people begin with
const MAY_RUN = ["EDITOR", "ADMIN"];

let templates = [];
let named = ""; // the name that the form has proposed

openPage({ what: "the questions that you may ask", content: "making", begin });
at("form").onsubmit = make;

async function begin() {
  try {
    const found = await ask(READ);
    templates = found.templates.nodes;
    draw(found.instances.nodes.filter(({ isActive }) => isActive));
  } catch (refusal) {
    explain(refusal);
  }
}

function draw(instances) {
  const wanted = new URLSearchParams(location.search).get("template") ?? FIRST;
  const first = templates.find(({ slug }) => slug === wanted) ?? templates[0];
  at("templates").replaceChildren(...templates.map((one) => choice(one, one === first)));
  const usable = instances.filter(({ viewerRole }) => MAY_RUN.includes(viewerRole));
  at("instance").replaceChildren(
    ...usable.map(({ id, name }) => element("option", { value: id }, name)),
  );
  at("run").disabled = !usable.length;
  notify(
    usable.length
      ? ""
      : "You may not run reports on any instance. Ask an admin of an instance to make you an editor.",
  );
  if (first) choose(first);
  at("making").hidden = false;
}

function choice(one, isChosen) {
  const { id, name, description } = one;
  const input = element("input", { type: "radio", name: "template", value: id, checked: isChosen });
  input.onchange = () => choose(one);
  const about = element("span", { className: "soft" }, description ?? "");
  return element("label", { className: "choice" }, input, element("strong", {}, name), about);
}

function choose({ slug, name, currentVersion }) {
  if (!at("name").value || at("name").value === named) at("name").value = named = name;
  const fields = Object.entries(currentVersion.parameterDefinitions.properties ?? {});
  at("parameters").replaceChildren(...fields.map(([key, definition]) => fieldOf(key, definition)));
  const search = slug ? `?${new URLSearchParams({ template: slug })}` : location.pathname;
  history.replaceState(null, "", search);
}

async function make(event) {
  event.preventDefault();
  const { id, currentVersion } = templates.find(
    (one) => one.id === new FormData(at("form")).get("template"),
  );
  const fields = Object.entries(currentVersion.parameterDefinitions.properties ?? {});
  const given = fields.map(([key, definition]) => [key, valueOf(key, definition)]);
  at("run").disabled = true;
  try {
    const report = {
      name: at("name").value.trim(),
      templateId: id,
      instanceId: at("instance").value,
      parameters: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    };
    const { reportCreate } = await ask(CREATE, { report });
    location.assign(`/reports/${reportCreate.id}`);
  } catch (refusal) {
    explain(refusal);
    at("notice").scrollIntoView();
    at("run").disabled = false;
  }
}
