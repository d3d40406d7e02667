/* The form that collects the past of a report: it says what that would take before it starts. */
import { at, explain } from "./frame.js";
import { ask } from "./session.js";
import { duration, plural } from "./words.js";

const PLAN = `
query PlanCollection($collection: CollectionInput!) {
  collectionPlan(collection: $collection) { executions segments { isCollected } etaEarliest etaLatest }
}`;

const START = `
mutation StartCollection($collection: CollectionInput!) {
  collectionStart(collection: $collection) { id }
}`;

/* Plans whenever the panel is shown or another number of weeks is chosen, and starts on submit. */
export function planning(panel, reportId) {
  const form = panel.querySelector("form");
  const collection = () => ({ reportId, targetWeeks: Number(at("weeks").value) });
  const plan = async () => {
    if (panel.hidden) return;
    at("planned").textContent = "Counting …";
    try {
      const { collectionPlan } = await ask(PLAN, { collection: collection() });
      at("planned").textContent = inWords(collectionPlan);
    } catch (refusal) {
      at("planned").textContent = refusal.message;
    }
  };
  new MutationObserver(plan).observe(panel, { attributeFilter: ["hidden"] });
  form.onchange = plan;
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const { collectionStart } = await ask(START, { collection: collection() });
      location.assign(`/collections/${collectionStart.id}`);
    } catch (refusal) {
      explain(refusal);
    }
  };
}

function inWords({ executions, segments, etaEarliest, etaLatest }) {
  const known = segments.filter(({ isCollected }) => isCollected).length;
  const left = (text) => duration(Math.max(0, new Date(text) - Date.now()));
  const kept = known ? `${plural(known, "week")} collected already, ` : "";
  if (!executions) return `${kept}nothing to ask Amazon.`;
  const [soonest, latest] = [left(etaEarliest), left(etaLatest)];
  const span = soonest === latest ? `about ${latest}` : `${soonest} to ${latest}`;
  return `${kept}${plural(executions, "query", "queries")} at Amazon, which take ${span}.`;
}
