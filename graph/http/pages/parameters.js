/* Fields of a form for the parameters of a template, by their JSON Schema. An empty field stands for
   the default. */
import { element } from "./element.js";
import { at } from "./frame.js";
import { plural } from "./words.js";

const DAYS = /^P(\d+)D$/;

const idOf = (key) => `parameter-${key}`;

/* The field of a parameter, with its title and description. */
export function fieldOf(key, definition) {
  const about = idOf(key) + "-about";
  const control = controlOf(key, definition);
  control.setAttribute("aria-describedby", about);
  return element(
    "div",
    { className: "field" },
    element("label", {}, `${definition.title ?? key} `, control),
    element("p", { className: "soft", id: about }, hintOf(definition)),
  );
}

/* The value of a field. Undefined if it is empty. */
export function valueOf(key, definition) {
  const control = at(idOf(key));
  if (definition.type === "boolean") return control.checked;
  const text = control.value.trim();
  if (text === "") return undefined;
  if (definition.type === "array") {
    const isNumeric = ["integer", "number"].includes(definition.items?.type);
    return text.split(/[\s,]+/).map((one) => (isNumeric ? Number(one) : one));
  }
  return ["integer", "number"].includes(definition.type) ? Number(text) : text;
}

function controlOf(key, { type, enum: values, default: given, minimum, maximum }) {
  const id = idOf(key);
  if (values) {
    const options = values.map((value) => element("option", { value }, named(value)));
    const made = element("select", { id }, ...options);
    if (given !== undefined) made.value = given;
    return made;
  }
  if (type === "boolean") return element("input", { id, type: "checkbox", checked: given === true });
  if (type === "integer" || type === "number") {
    const step = type === "integer" ? 1 : "any";
    return element("input", { id, type: "number", step, min: minimum, max: maximum, value: given });
  }
  return element("input", { id, type: "text", autocomplete: "off", value: listed(given) });
}

const listed = (given) => (Array.isArray(given) ? given.join(", ") : (given ?? ""));

/* P14D becomes 14 days. */
function named(value) {
  const days = DAYS.exec(value)?.[1];
  return days ? plural(Number(days), "day") : String(value);
}

function hintOf({ type, description }) {
  const how = type === "array" ? " Separate several by commas." : "";
  return `${description ?? ""}${how}`.trim();
}
