/* The page of a dashboard. One query draws it, but for the rows of tables: these are asked for one
   table at a time, as all of them in one query may cost too much. A subscription says when to send
   the queries again. */
import { marked, READ_INSIGHTS, showInsights } from "./insights.js";
import { choices, keepChoices, offerDimensions } from "./choices.js";
import { keepExports } from "./export.js";
import { at, explain, follow, notify, openPage, titled } from "./frame.js";
import { showQuestions } from "./questions.js";
import { ask, isSignedIn, Late, settings } from "./session.js";
import { theme } from "./theme.js";
import { keepFullScreen } from "./full.js";
import { notesOf, shared } from "./notes.js";
import { makeWidget, ROWS } from "./widgets.js";
import { exactMoment } from "./words.js";

const READ = `
query ReadDashboard(
  $id: ID!, $theme: Theme!, $range: RangeInput, $level: AggregateLevel
  $filters: [WidgetFilterInput!]
) {
  dashboard(id: $id) {
    name description
    sources { dimensions }
    filters { filters { dimension values exclude } }
    widgets {
      id type title display { text decimals } position { x y width height }
      dataSource { filters { dimension values exclude } }
      data(theme: $theme, range: $range, level: $level, filters: $filters) {
        measures { name title unit kind currency }
        sources currencies level start end dimension dimensionTitle split splitTitle comparison
        valueNames { value name } splitNames { value name }
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

const WATCH = `
subscription WatchDashboard($id: ID!) {
  dashboard(id: $id) { changed }
}`;

const drawn = new Map(); // by widget id: its data, its element, and a function that removes it
let asked = 0;

keepChoices(read);
keepFullScreen(at("full"));
openPage({ what: "this dashboard", content: "dashboard", begin, themed: read });
keepExports(at("exports"), at("exported"), settings.id, () => ({
  theme: theme().toUpperCase(),
  ...choices(),
}));

function begin() {
  const end = follow(
    WATCH,
    { id: settings.id },
    {
      next: ({ dashboard }) => {
        if (!dashboard.changed.includes("DELETED")) return read();
        end();
        notify("This dashboard has been deleted.");
      },
      refused: (message) => explain(new Error(message)),
    },
  );
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
    const ofAll = dashboard.filters.filters;
    dashboard.widgets = dashboard.widgets.map((widget) => {
      const layers = [chosen.filters ?? [], widget.dataSource?.filters ?? [], ofAll];
      return marked(widget, insights, shade, layers);
    });
    draw(dashboard, shade);
  } catch (refusal) {
    if (turn === asked) explain(refusal);
  }
  if (turn === asked) at("widgets").removeAttribute("aria-busy");
}

/* Null where there are none to be had: the widgets are shown all the same. */
async function readInsights() {
  try {
    return (await ask(READ_INSIGHTS, { id: settings.id })).dashboard;
  } catch (refusal) {
    if (refusal instanceof Late) throw refusal; // whoever asked has signed out
    return null;
  }
}

async function readRows({ id, type, data }, chosen) {
  if (type !== "TABLE" || data.unserved) return;
  const { node } = await ask(ROWS, { id, ...chosen });
  data.points = node?.data.points ?? []; // null where it has been removed meanwhile
}

function draw({ name, description, sources, widgets }, shade) {
  titled(name);
  at("title").textContent = name;
  at("about").textContent = description ?? "";
  at("asOf").textContent = asOf(widgets);
  const same = shared(widgets.map(({ data }) => data).filter(Boolean));
  at("everywhere").textContent = same.words;
  offerDimensions(sources, widgets);
  at("dashboard").hidden = false;
  at("empty").hidden = widgets.length > 0;
  const noted = widgets.map((widget) => ({ ...widget, notes: notesOf(widget.data, same) }));
  const toDraw = noted.map((widget) => renewed(widget, shade)).filter(Boolean);
  forget(new Set(widgets.map((widget) => widget.id)));
  at("widgets").replaceChildren(...widgets.map((widget) => drawn.get(widget.id).made));
  for (const widget of toDraw) paint(widget);
}

/* The oldest of what is shown: everything is at least as new. */
function asOf(widgets) {
  const [oldest] = widgets
    .map((widget) => widget.data?.asOf)
    .filter(Boolean)
    .sort();
  return oldest ? `Numbers as of ${exactMoment(oldest)}` : "";
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
