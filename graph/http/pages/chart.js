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
