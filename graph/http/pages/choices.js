/* What the reader of a dashboard has chosen: days, the length of periods, and filters. It is part of
   the URL, so that it can be shared. */
import { element } from "./element.js";
import { at } from "./frame.js";
import { ask } from "./session.js";
import { word } from "./words.js";

const VALUES = `
query ReadValues($id: ID!) {
  node(id: $id) {
    ... on Widget { data { points { value isOther } } }
  }
}`;

const WEEKS = { WEEKLY: 1, MONTHLY: 52 / 12, QUARTERLY: 13 }; // per period
const HOW = { only: "only", not: "without" };
const FIELDS = ["weeks", "level", "from", "to"];

let changed = () => {};
let widgets = []; // the widgets that the values of dimensions are taken from

/* Shows what the URL says, and calls `then` after each change. */
export function keepChoices(then) {
  changed = then;
  show();
  addEventListener("popstate", () => {
    show();
    changed();
  });
  for (const id of FIELDS) at(id).onchange = choose;
  at("dimension").onchange = offerValues;
  at("value").onfocus = offerValues;
  at("controls").onsubmit = add;
}

/* The arguments of the API: each is null where the dashboard decides. */
export function choices() {
  const chosen = given();
  const [from, to, weeks] = ["from", "to", "weeks"].map((name) => chosen.get(name));
  const level = chosen.get("level") || (Number(weeks) ? "WEEKLY" : null);
  return { level, range: rangeOf(weeks, from, to, level), filters: filters() };
}

function rangeOf(weeks, from, to, level) {
  if (from && to && from <= to) return { startDate: from, endDate: to };
  if (!Number(weeks)) return null;
  return { periods: Math.max(1, Math.round(Number(weeks) / WEEKS[level])) };
}

const given = () => new URLSearchParams(location.search);

/* The filters of the URL, such as only.campaign=Brand: one for each dimension and way. */
function filters() {
  const found = new Map();
  for (const [name, value] of given()) {
    const [how, dimension] = name.split(/\.(.*)/);
    if (!(how in HOW) || !dimension) continue;
    if (!found.has(name)) found.set(name, { dimension, values: [], exclude: how === "not" });
    found.get(name).values.push(value);
  }
  return found.size ? [...found.values()] : null;
}

/* Offers the dimensions of the dashboard's sources, with the values that its widgets show. */
export function offerDimensions(sources, shown) {
  widgets = shown;
  const all = [...new Set(sources.flatMap(({ dimensions }) => dimensions))].sort();
  const own = at("dimension").value;
  at("dimension").replaceChildren(
    ...all.map((name) => element("option", { value: name }, titleOf(name))),
  );
  if (all.includes(own)) at("dimension").value = own;
  at("filtering").hidden = !all.length;
  showFilters(); // with the names of values, which are known now
}

const showing = (dimension) => widgets.find(({ data }) => data?.dimension === dimension);

const titleOf = (dimension) => showing(dimension)?.data.dimensionTitle ?? word(dimension);

function nameOf(dimension, value) {
  const names = showing(dimension)?.data.valueNames ?? [];
  return names.find((one) => one.value === value)?.name ?? value;
}

async function offerValues() {
  const dimension = at("dimension").value;
  if (at("values").dataset.dimension === dimension) return;
  at("values").dataset.dimension = dimension;
  at("values").replaceChildren();
  const shown = showing(dimension);
  if (!shown) return;
  const { node } = await ask(VALUES, { id: shown.id }).catch(() => ({ node: null }));
  const points = (node?.data.points ?? []).filter(({ value, isOther }) => value !== null && !isOther);
  at("values").replaceChildren(
    ...[...new Set(points.map(({ value }) => value))].map((value) =>
      element("option", { value }, nameOf(dimension, value)),
    ),
  );
}

/* Changes */

function choose() {
  const chosen = given();
  const isBetween = at("weeks").value === "days";
  for (const id of FIELDS) chosen.delete(id);
  for (const id of isBetween ? ["from", "to", "level"] : ["weeks", "level"])
    if (at(id).value) chosen.set(id, at(id).value);
  at("between").hidden = !isBetween;
  if (isBetween && !(at("from").value && at("to").value)) return;
  put(chosen);
}

function add(event) {
  event.preventDefault();
  const typed = at("value").value.trim();
  if (!typed) return at("value").focus();
  const dimension = at("dimension").value;
  const names = showing(dimension)?.data.valueNames ?? [];
  const value = names.find(({ name }) => name === typed)?.value ?? typed;
  const chosen = given();
  chosen.append(`${at("how").value}.${dimension}`, value);
  at("value").value = "";
  put(chosen);
}

function put(chosen) {
  history.pushState(null, "", chosen.size ? `?${chosen}` : location.pathname);
  show();
  changed();
}

function show() {
  const chosen = given();
  const isBetween = chosen.has("from") && chosen.has("to");
  for (const id of FIELDS) at(id).value = chosen.get(id) ?? "";
  if (isBetween) at("weeks").value = "days";
  for (const id of ["weeks", "level"]) at(id).selectedIndex = Math.max(0, at(id).selectedIndex);
  at("between").hidden = !isBetween;
  showFilters();
}

function showFilters() {
  const lines = (filters() ?? []).flatMap(({ dimension, values, exclude }) =>
    values.map((value) => line(exclude ? "not" : "only", dimension, value)),
  );
  at("chosen").replaceChildren(...lines);
}

function line(how, dimension, value) {
  const said = `${titleOf(dimension)}: ${HOW[how]} ${nameOf(dimension, value)}`;
  const away = element("button", { type: "button", "aria-label": `Remove the filter ${said}` }, "×");
  away.onclick = () => {
    const chosen = given();
    chosen.delete(`${how}.${dimension}`, value);
    put(chosen);
  };
  return element("li", {}, said, " ", away);
}
