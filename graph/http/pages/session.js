/* The session of the signed-in person, and requests to the API. */
import { element } from "./element.js";

/* The settings that the server has put into this page. */
export const settings = JSON.parse(document.getElementById("settings").textContent);

const TOKEN = "amc-reports:token"; // in the session storage of this tab
let token = sessionStorage.getItem(TOKEN) || settings.session?.token || null;

export const isSignedIn = () => Boolean(token);

export const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

/* Sends a query or mutation and returns its data. Throws an Error with the API's message. */
export async function ask(query, variables = {}, headers = authorization()) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
  return data;
}

/* Shows the session in an element. Calls `changed` now, and after each sign-in and sign-out. */
export function keepSession(place, changed) {
  const enter = (given) => {
    token = given || null;
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
    show();
  };
  const show = () => {
    place.classList.toggle("is-in", isSignedIn());
    if (token) greet(place, enter);
    else place.replaceChildren("Not signed in", form(enter));
    changed();
  };
  show();
}

function form(enter) {
  const input = element("input", {
    type: "password",
    placeholder: "Paste a token",
    autocomplete: "off",
    "aria-label": "Token",
  });
  const made = element("form", {}, input, element("button", { type: "submit" }, "Sign in"));
  made.onsubmit = (event) => {
    event.preventDefault();
    enter(input.value.trim().replace(/^bearer\s+/i, ""));
  };
  return made;
}

async function greet(place, enter) {
  const asked = token;
  const out = element("button", { type: "button", onclick: () => enter(null) }, "Sign out");
  place.replaceChildren("Signing in …", out);
  const said = await ask("{ viewer { email } }").then(
    ({ viewer }) => `Signed in as ${viewer.email}`,
    (error) => {
      place.classList.remove("is-in");
      return error.message;
    },
  );
  if (asked === token) place.replaceChildren(said, out);
}
