/* The page of a collection. One subscription brings everything that it shows. */
import { element } from "./element.js";
import { at, explain, follow, notify, openPage, titled } from "./frame.js";
import { link, segment } from "./rows.js";
import { ask, settings } from "./session.js";
import { Strip } from "./strip.js";
import { chosen, openWeek } from "./week.js";
import { duration, dayRange, moment, number, plural, word } from "./words.js";

const WATCH = `
subscription WatchCollection($id: ID!) {
  collection(id: $id) {
    status viewerCan isOver segmentType startDate endDate timeZone
    targetWeeks weeksCompleted progressPercentage
    counts { running failed waiting atAmc ingesting }
    ratePerHour etaEarliest etaLatest parallelLimit
    waits { reason count until }
    errorMessage cancelRequestedAt createdAt startedAt completedAt
    report { id name }
    instance { name }
    weeks {
      id startDate endDate status isOpen attempts nextAttemptAt
      outcome rowCount isProvisional errorMessage
    }
  }
}`;

/* The schema's description of each reason to wait. */
const REASONS = `{ __type(name: "WaitReason") { enumValues { name description } } }`;

/* `viewerCan` decides which buttons are shown, by the rules by which the API would refuse. */
const ACTIONS = [
  {
    label: "Pause",
    mutation: "mutation($id: ID!) { collectionPause(id: $id) { id } }",
    fits: (one) => one.viewerCan.includes("PAUSE"),
  },
  {
    label: "Resume",
    mutation: "mutation($id: ID!) { collectionResume(id: $id) { id } }",
    fits: (one) => one.viewerCan.includes("RESUME"),
  },
  {
    label: "Retry failed",
    mutation: "mutation($id: ID!) { collectionRetry(id: $id, which: FAILED) { id } }",
    fits: (one) => one.viewerCan.includes("RETRY") && one.counts.failed > 0,
  },
  {
    label: "Cancel",
    mutation: "mutation($id: ID!) { collectionCancel(id: $id) { id } }",
    fits: (one) => one.viewerCan.includes("CANCEL"),
    question: "Cancel this collection? Running executions are stopped, and collected results are kept.",
  },
];

const isBusy = (one) => !one.isOver && one.status !== "PAUSED" && !one.cancelRequestedAt;

const strip = new Strip(at("strip"), at("legend"), at("detail"), (week) => openWeek(week, opening()));
let shown = null; // the collection as it is shown
let reasons = {};
let isEnded = false; // the subscription has completed

openPage({ what: "this collection", content: "collection", begin });

async function begin() {
  followIt();
  try {
    const { __type: type } = await ask(REASONS);
    reasons = Object.fromEntries(type.enumValues.map((one) => [one.name, one.description]));
  } catch {
    reasons = {}; // show the names instead
  }
}

function followIt() {
  isEnded = false;
  follow(
    WATCH,
    { id: settings.id },
    {
      next: ({ collection }) => draw(collection),
      over: () => {
        isEnded = true;
        at("line").textContent = "Over";
      },
      refused: (message) => explain(new Error(message)),
    },
  );
}

/* Drawing */

function draw(one) {
  const piece = segment(one);
  const name = one.report?.name ?? "A workflow";
  titled(`${one.progressPercentage} % · ${name}`);
  at("title").replaceChildren(one.report ? link(`/reports/${one.report.id}`, name) : name);
  at("about").textContent =
    `${dayRange(one.startDate, one.endDate)} (${one.timeZone}), by ${piece}, on ${one.instance.name}`;
  at("status").textContent =
    one.cancelRequestedAt && !one.isOver ? "Being cancelled" : word(one.status);
  at("status").className = `status is-${one.status.toLowerCase()}`;
  at("done").textContent =
    `${number(one.weeksCompleted)} of ${plural(one.targetWeeks, piece)} · ${one.progressPercentage} %`;
  at("progress").value = one.progressPercentage;
  shown = one;
  strip.show(one.weeks);
  const week = chosen(one.weeks);
  if (week) openWeek(week, opening());
  at("actions").replaceChildren(...ACTIONS.filter((action) => action.fits(one)).map(button));
  at("facts").replaceChildren(...facts(one, piece).flatMap(fact));
  at("collection").hidden = false;
}

function opening() {
  const retried = () => isEnded && followIt();
  return { collection: settings.id, mayRetry: shown.viewerCan.includes("RETRY"), retried };
}

function fact([name, ...values]) {
  return [element("dt", {}, name), element("dd", {}, ...values)];
}

function facts(one, piece) {
  const found = [];
  if (isBusy(one)) found.push(["At this moment", now(one.counts)]);
  if (one.ratePerHour) found.push(["Rate", `${plural(rounded(one.ratePerHour), piece)} an hour`]);
  if (one.etaLatest) found.push(["Over", eta(one)]);
  if (one.waits.length) found.push(["Waits for", element("ul", {}, ...one.waits.map(wait))]);
  if (!one.isOver) found.push(["Parallel limit", `${plural(one.parallelLimit, piece)} at AMC`]);
  if (one.errorMessage) found.push(["Last error", one.errorMessage]);
  if (one.completedAt) {
    const took = duration(new Date(one.completedAt) - new Date(one.startedAt ?? one.createdAt));
    found.push(["Ended", `${moment(one.completedAt)}, after ${took}`]);
  }
  return found;
}

function now({ waiting, atAmc, ingesting }) {
  return `${number(waiting)} in line for a slot, ${number(atAmc)} at AMC, ${number(ingesting)} being fetched`;
}

const rounded = (rate) => (rate < 10 ? rate : Math.round(rate));

function eta({ etaEarliest, etaLatest }) {
  const left = (text) => duration(Math.max(0, new Date(text) - Date.now()));
  const [soonest, latest] = [left(etaEarliest), left(etaLatest)];
  const span = soonest === latest ? `in about ${latest}` : `in ${soonest} to ${latest}`;
  return `${span}, by ${moment(etaLatest)}`;
}

function wait({ reason, count, until }) {
  const why = reasons[reason] ?? word(reason);
  return element("li", {}, `${number(count)} × ${why}${until ? ` Until ${moment(until)}.` : ""}`);
}

/* Actions */

function button(action) {
  const made = element("button", { type: "button" }, action.label);
  made.onclick = () => act(action, made);
  return made;
}

async function act({ mutation, question }, pressed) {
  if (question && !confirm(question)) return;
  pressed.disabled = true;
  notify("");
  try {
    await ask(mutation, { id: settings.id });
    if (isEnded) followIt(); // the collection runs again
  } catch (refusal) {
    explain(refusal);
    pressed.disabled = false;
  }
}
