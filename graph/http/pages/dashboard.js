/* The page of a dashboard. One query draws it, but for the rows of tables: these are asked for one
   table at a time, as all of them in one query may cost too much. A subscription says when to send
   the queries again. */
import { marked, READ_INSIGHTS, showInsights } from "./insights.js";
import { keepExports } from "./export.js";
import { watch } from "./live.js";
import { showQuestions } from "./questions.js";
import { ask, isSignedIn, keepSession, settings } from "./session.js";
import { keepTheme, theme } from "./theme.js";
import { makeWidget } from "./widgets.js";
import { moment } from "./words.js";

const READ = `
query ReadDashboard($id: ID!, $theme: Theme!, $range: RangeInput, $level: AggregateLevel) {
  dashboard(id: $id) {
    name description
    widgets {
      id type title display { text decimals } position { x y width height }
      data(theme: $theme, range: $range, level: $level) {
        measures { name title unit kind currency }
        sources currencies level start end dimension comparison
        totals {
          cells { value state }
          previous { value state }
          notComparable
        }
        coverage { days covered suppressed gap }
        previousCoverage { days covered suppressed gap }
        isProvisional suppressedShare asOf
        series { start end isAddedUp }
        unserved { code message }
        chart altText
      }
    }
  }
}`;

const ROWS = `
query ReadTable($id: ID!, $range: RangeInput, $level: AggregateLevel) {
  node(id: $id) {
    ... on Widget {
      data(range: $range, level: $level) {
        points {
          source key start end value isOther
          cells { value state }
        }
      }
    }
  }
}`;

const WATCH = `
subscription WatchDashboard($id: ID!) {
  dashboard(id: $id) { changed }
}`;

const WEEKS = { WEEKLY: 1, MONTHLY: 52 / 12, QUARTERLY: 13 }; // per period

const at = (id) => document.getElementById(id);
const drawn = new Map(); // by widget id: its data, its element, and a function that removes it
let asked = 0;
let stopWatching = () => {};

keepTheme(at("theme"), read);
keepChoices();
keepSession(at("session"), begin);
keepExports(at("exports"), at("exported"), settings.id, () => ({
  theme: theme().toUpperCase(),
  ...choices(),
}));

function begin() {
  stopWatching();
  at("dashboard").hidden = true;
  at("line").textContent = "";
  notify(isSignedIn() ? "" : "Sign in to see this dashboard.");
  if (isSignedIn()) follow();
}

function follow() {
  let isEnded = false;
  const end = (message) => {
    isEnded = true;
    at("line").textContent = "";
    if (message) notify(message);
  };
  at("line").textContent = "Connecting …";
  stopWatching = watch(
    WATCH,
    { id: settings.id },
    {
      next: ({ dashboard }) => {
        if (dashboard.changed.includes("DELETED")) end("This dashboard has been deleted.");
        else read();
      },
      over: () => end(""),
      refused: end,
      line: (isUp) => {
        if (!isEnded) at("line").textContent = isUp ? "Live" : "Reconnecting …";
      },
    },
  );
}

function notify(message) {
  at("notice").textContent = message;
  at("notice").hidden = !message;
}

/* The chosen days are part of the URL, so that it can be shared. */

function keepChoices() {
  const given = new URLSearchParams(location.search);
  for (const name of ["weeks", "level"]) at(name).value = given.get(name) ?? "";
  for (const name of ["weeks", "level"])
    at(name).selectedIndex = Math.max(0, at(name).selectedIndex);
  at("controls").onchange = () => {
    const chosen = [...new FormData(at("controls"))].filter(([, value]) => value);
    history.replaceState(
      null,
      "",
      chosen.length ? `?${new URLSearchParams(chosen)}` : location.pathname,
    );
    read();
  };
}

function choices() {
  const weeks = Number(at("weeks").value);
  const level = at("level").value || (weeks ? "WEEKLY" : null);
  return {
    level,
    range: weeks ? { periods: Math.max(1, Math.round(weeks / WEEKS[level])) } : null,
  };
}

/* Reading and drawing */

async function read() {
  if (!isSignedIn()) return;
  const turn = ++asked;
  const shade = theme();
  at("widgets").setAttribute("aria-busy", "true");
  try {
    const chosen = choices();
    const [{ dashboard }, found] = await Promise.all([
      ask(READ, { id: settings.id, theme: shade.toUpperCase(), ...chosen }),
      readInsights(),
    ]);
    await Promise.all(dashboard.widgets.map((widget) => readRows(widget, chosen)));
    if (turn !== asked) return; // a newer query is under way
    notify("");
    if (found) showInsights(at("insights"), found);
    showQuestions(at("questions"), settings.id);
    const insights = found?.insights ?? [];
    dashboard.widgets = dashboard.widgets.map((widget) => marked(widget, insights, shade));
    draw(dashboard, shade);
  } catch (refusal) {
    if (turn === asked) notify(refusal.message);
  }
  if (turn === asked) at("widgets").removeAttribute("aria-busy");
}

/* Null where there are none to be had: the widgets are shown all the same. */
async function readInsights() {
  try {
    return (await ask(READ_INSIGHTS, { id: settings.id })).dashboard;
  } catch {
    return null;
  }
}

async function readRows({ id, type, data }, { range, level }) {
  if (type !== "TABLE" || data.unserved) return;
  const { node } = await ask(ROWS, { id, range, level });
  data.points = node?.data.points ?? []; // null where it has been removed meanwhile
}

function draw({ name, description, widgets }, shade) {
  document.title = `${name} · amc-reports`;
  at("title").textContent = name;
  at("about").textContent = description ?? "";
  const newest = widgets
    .map((widget) => widget.data?.asOf)
    .filter(Boolean)
    .sort()
    .at(-1);
  at("asOf").textContent = newest ? `Numbers as of ${moment(newest)}` : "";
  at("dashboard").hidden = false;
  at("empty").hidden = widgets.length > 0;
  const toDraw = widgets.map((widget) => renewed(widget, shade)).filter(Boolean);
  forget(new Set(widgets.map((widget) => widget.id)));
  at("widgets").replaceChildren(...widgets.map((widget) => drawn.get(widget.id).made));
  for (const widget of toDraw) paint(widget);
}

/* Null if the widget has not changed. Otherwise creates its element, and returns it for painting. */
function renewed(widget, shade) {
  const content = JSON.stringify([widget, shade]);
  const known = drawn.get(widget.id);
  if (known?.content === content) return null;
  known?.end?.();
  const fresh = { content, ...makeWidget(widget, shade) };
  drawn.set(widget.id, fresh);
  return fresh.draw ? fresh : null;
}

function forget(kept) {
  for (const [id, { end }] of drawn) {
    if (kept.has(id)) continue;
    end?.();
    drawn.delete(id);
  }
}

async function paint(widget) {
  try {
    widget.end = await widget.draw();
  } catch (error) {
    widget.made.append(`This chart cannot be drawn: ${error.message}`);
  }
}
