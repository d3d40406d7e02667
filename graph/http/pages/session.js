/* Who is signed in, and asking the API as them. */
import { element } from "./element.js";

/* What the server put into this page. */
export const settings = JSON.parse(document.getElementById("settings").textContent);

const TOKEN = "amc-reports:token"; // kept by this tab of the browser, and gone with it
let token = sessionStorage.getItem(TOKEN) || settings.session?.token || null;

export const isSignedIn = () => Boolean(token);

export const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

/* The data of a query or mutation. Throws an Error that says why it was refused. */
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

/* Show the session in this element. `changed` is called now, and whenever somebody signs in or out. */
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
