/* Draws a chart of the API: a Vega-Lite specification that includes its data. Nothing is fetched for
   it. Its expressions are interpreted, so that the page's policy can forbid eval. */
import { element } from "./element.js";

const { vegaEmbed } = globalThis; // from vendor/, loaded after vega and vega-lite

const refuse = () => Promise.reject(new Error("A chart includes its numbers."));
const nothing = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

/* Draws the chart into an element. Returns a function that removes it. */
export async function drawChart(place, { title, ...chart }, theme) {
  const { finalize } = await vegaEmbed(
    place,
    { ...chart, background: "transparent" },
    {
      mode: "vega-lite",
      ast: true,
      renderer: "svg", // stays sharp on paper
      actions: false,
      defaultStyle: false,
      loader: nothing,
      tooltip: (handler, event, item, value) => showTip(event, value),
    },
  );
  place.dataset.theme = theme;
  return finalize;
}

/* How to read it. On the page this is text, which fits where a picture of it would be cut off. */
export const howToRead = ({ title }) => [title?.subtitle ?? []].flat().join(" ");

/* The title, which says the periods that are shown. */
export const titleOf = ({ title }) => [title.text].flat().join(" ");

/* Lets the keyboard read a chart: the arrow keys go from one value to the next, and say it. */
export function keyboard(frame, title, chart) {
  const rows = (chart.data?.values ?? []).filter(({ value, part }) => value && part !== "hole");
  if (!rows.length) return;
  const said = element("p", { className: "unseen", "aria-live": "polite" });
  const about = `${title}. The arrow keys read the values.`;
  Object.assign(frame, { tabIndex: 0 });
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", about);
  frame.append(said);
  let at = -1;
  frame.onkeydown = (event) => {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    at = Math.min(Math.max(at + step, 0), rows.length - 1);
    const { place, series, days, value, status } = rows[at];
    const names = [series ?? place, place !== series && place, days].filter(Boolean);
    said.textContent = `${[...new Set(names)].join(", ")}: ${value}, ${status}`;
    const { left, top } = frame.getBoundingClientRect();
    showTip({ clientX: left + 40, clientY: Math.max(top, 0) + 80 }, said.textContent);
  };
  frame.onblur = () => showTip({}, null);
}

const tip = element("div", { className: "tip", hidden: true });
document.body.append(tip);

/* What a mark says when it is pointed at, line by line, as text. */
function showTip(event, value) {
  tip.hidden = value === null || value === undefined || value === "";
  if (tip.hidden) return;
  const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
  tip.replaceChildren(
    ...lines.map(([name, said]) =>
      element("div", {}, name && element("b", {}, `${name} `), String(said)),
    ),
  );
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
}
