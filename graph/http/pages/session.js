/* The session of the signed-in person, and requests to the API. */
import { element } from "./element.js";

/* The settings that the server has put into this page. */
export const settings = JSON.parse(document.getElementById("settings").textContent);

const TOKEN = "amc-reports:token"; // in the session storage of this tab
const SILENT = "The server does not answer. Check your connection, and try again.";
let token = sessionStorage.getItem(TOKEN) || settings.session?.token || null;
let leave = () => {}; // ends the session, with the reason

export const isSignedIn = () => Boolean(token);

export const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

/* Ends the session because the server has refused the token. The bar then asks for another one. */
export const endSession = (why) => leave(why);

/* The answer came too late: somebody else is signed in, or nobody. */
export class Late extends Error {}

/* Sends a query or mutation and returns its data. Throws an Error with the API's message, and Late if
   the session has ended meanwhile. */
export async function ask(query, variables = {}, headers = authorization()) {
  const asked = token;
  const { data, errors } = await answerTo(query, variables, headers);
  if (asked !== token) throw new Late("The session has ended.");
  if (!errors) return data;
  const said = errors.map((error) => error.message).join("\n");
  const isRefused = errors.some((error) => error.extensions?.code === "UNAUTHENTICATED");
  if (isRefused && token && headers.Authorization === authorization().Authorization) leave(said);
  throw new Error(said);
}

async function answerTo(query, variables, headers) {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return await response.json();
  } catch {
    throw new Error(SILENT);
  }
}

/* Shows the session in an element. Calls `changed` now, and after each sign-in and sign-out. */
export function keepSession(place, changed) {
  const enter = (given, why) => {
    token = given || null;
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
    show(why);
  };
  const show = (why) => {
    place.classList.toggle("is-in", isSignedIn());
    if (token) greet(place, enter);
    else place.replaceChildren(...signIn(enter, why));
    changed();
  };
  leave = (why) => enter(null, why);
  show();
}

function signIn(enter, why) {
  const input = element("input", {
    type: "password",
    placeholder: "Paste a token",
    autocomplete: "off",
    required: true,
    "aria-label": "Token",
  });
  const made = element("form", {}, input, element("button", { type: "submit" }, "Sign in"));
  made.onsubmit = (event) => {
    event.preventDefault();
    enter(input.value.trim().replace(/^bearer\s+/i, ""));
  };
  const said = why
    ? element("span", { role: "alert", className: "refusal" }, `Not signed in. ${why}`)
    : "Not signed in";
  return [said, made, demo()].filter(Boolean);
}

/* The demo signs a reader in by itself, with a new token each time that the page is loaded. */
function demo() {
  if (!settings.session) return null;
  const again = () => {
    sessionStorage.removeItem(TOKEN);
    location.reload();
  };
  return element("button", { type: "button", onclick: again }, `Use ${settings.session.user}`);
}

async function greet(place, enter) {
  const asked = token;
  const out = element("button", { type: "button", onclick: () => enter(null) }, "Sign out");
  place.replaceChildren("Signing in …", out);
  try {
    const { viewer } = await ask("{ viewer { email } }");
    if (asked === token) place.replaceChildren(`Signed in as ${viewer.email}`, out);
  } catch (refusal) {
    if (asked !== token) return; // refused, and the form is there again
    place.classList.remove("is-in");
    const again = () => enter(asked);
    const more = element("button", { type: "button", onclick: again }, "Try again");
    place.replaceChildren(refusal.message, more, out);
  }
}
