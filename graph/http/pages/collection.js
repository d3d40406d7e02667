/* The page of a collection. One subscription brings everything that it shows. */
import { element } from "./element.js";
import { watch } from "./live.js";
import { ask, isSignedIn, keepSession, settings } from "./session.js";
import { Strip } from "./strip.js";
import { keepTheme } from "./theme.js";
import { dayRange, duration, moment, number, plural, word } from "./words.js";

const WATCH = `
subscription WatchCollection($id: ID!) {
  collection(id: $id) {
    status isOver segmentType startDate endDate timeZone
    targetWeeks weeksCompleted progressPercentage
    counts { running failed waiting atAmc ingesting }
    ratePerHour etaEarliest etaLatest parallelLimit
    waits { reason count until }
    errorMessage cancelRequestedAt createdAt startedAt completedAt
    report { name }
    instance { name }
    weeks {
      id startDate endDate status isOpen attempts nextAttemptAt
      outcome rowCount isProvisional errorMessage
    }
  }
}`;

/* The schema's description of each reason to wait. */
const REASONS = `{ __type(name: "WaitReason") { enumValues { name description } } }`;

const SEGMENTS = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", QUARTERLY: "quarter" };

/* The status decides which buttons are shown. The API decides whether the viewer may use them. */
const ACTIONS = [
  {
    label: "Pause",
    mutation: "mutation($id: ID!) { collectionPause(id: $id) { id } }",
    fits: (one) => isBusy(one),
  },
  {
    label: "Resume",
    mutation: "mutation($id: ID!) { collectionResume(id: $id) { id } }",
    fits: (one) => one.status === "PAUSED" && !one.cancelRequestedAt,
  },
  {
    label: "Retry failed",
    mutation: "mutation($id: ID!) { collectionRetry(id: $id, which: FAILED) { id } }",
    fits: (one) => one.counts.failed > 0,
  },
  {
    label: "Cancel",
    mutation: "mutation($id: ID!) { collectionCancel(id: $id) { id } }",
    fits: (one) => !one.isOver && !one.cancelRequestedAt,
    question: "Cancel this collection? Running executions are stopped, and collected results are kept.",
  },
];

const isBusy = (one) => !one.isOver && one.status !== "PAUSED" && !one.cancelRequestedAt;

const at = (id) => document.getElementById(id);
const strip = new Strip(at("strip"), at("legend"), at("detail"));
let reasons = {};
let stopWatching = () => {};
let isEnded = false; // the subscription has completed

keepTheme(at("theme"));
keepSession(at("session"), begin);

async function begin() {
  stopWatching();
  at("collection").hidden = true;
  notify(isSignedIn() ? "" : "Sign in to see this collection.");
  at("line").textContent = "";
  if (!isSignedIn()) return;
  follow();
  try {
    const { __type: type } = await ask(REASONS);
    reasons = Object.fromEntries(type.enumValues.map((one) => [one.name, one.description]));
  } catch {
    reasons = {}; // show the names instead
  }
}

function follow() {
  stopWatching();
  isEnded = false;
  at("line").textContent = "Connecting …";
  stopWatching = watch(
    WATCH,
    { id: settings.id },
    {
      next: ({ collection }) => draw(collection),
      over: () => end("Over"),
      refused: (message) => {
        end("");
        notify(message);
      },
      line: (isUp) => {
        if (!isEnded) at("line").textContent = isUp ? "Live" : "Reconnecting …";
      },
    },
  );
}

function end(word) {
  isEnded = true;
  at("line").textContent = word;
}

function notify(message) {
  at("notice").textContent = message;
  at("notice").hidden = !message;
}

/* Drawing */

function draw(one) {
  const segment = SEGMENTS[one.segmentType];
  const name = one.report?.name ?? "A workflow";
  document.title = `${one.progressPercentage} % · ${name} · amc-reports`;
  at("title").textContent = name;
  at("about").textContent =
    `${dayRange(one.startDate, one.endDate)} (${one.timeZone}), by ${segment}, on ${one.instance.name}`;
  at("status").textContent =
    one.cancelRequestedAt && !one.isOver ? "Being cancelled" : word(one.status);
  at("status").className = `status is-${one.status.toLowerCase()}`;
  at("done").textContent =
    `${number(one.weeksCompleted)} of ${plural(one.targetWeeks, segment)} · ${one.progressPercentage} %`;
  at("progress").value = one.progressPercentage;
  strip.show(one.weeks);
  at("actions").replaceChildren(...ACTIONS.filter((action) => action.fits(one)).map(button));
  at("facts").replaceChildren(...facts(one, segment).flatMap(fact));
  at("collection").hidden = false;
}

function fact([name, ...values]) {
  return [element("dt", {}, name), element("dd", {}, ...values)];
}

function facts(one, segment) {
  const found = [];
  if (isBusy(one)) found.push(["At this moment", now(one.counts)]);
  if (one.ratePerHour) found.push(["Rate", `${plural(rounded(one.ratePerHour), segment)} an hour`]);
  if (one.etaLatest) found.push(["Over", eta(one)]);
  if (one.waits.length) found.push(["Waits for", element("ul", {}, ...one.waits.map(wait))]);
  if (!one.isOver) found.push(["Parallel limit", `${plural(one.parallelLimit, segment)} at AMC`]);
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
    if (isEnded) follow(); // the collection runs again
  } catch (refusal) {
    notify(refusal.message);
    pressed.disabled = false;
  }
}
