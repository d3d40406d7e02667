/* What every page has: the bar with its session and theme, a notice, and a word that says whether what
   is shown is live. */
import { hangUp, keepLine, watch } from "./live.js";
import { isSignedIn, keepSession, Late } from "./session.js";
import { keepTheme } from "./theme.js";

export const at = (id) => document.getElementById(id);

export function notify(message) {
  at("notice").textContent = message;
  at("notice").hidden = !message;
}

/* Shows a refusal. Whoever is not signed in any more is told why in the bar. */
export function explain(refusal) {
  if (isSignedIn() && !(refusal instanceof Late)) notify(refusal.message);
}

export const titled = (title) => (document.title = `${title} · amc-reports`);

/* Opens the page. `begin` is called for each person who signs in, and `content` is hidden until it
   shows it. `what` is named to whoever is not signed in. */
export function openPage({ what, content, begin, themed }) {
  for (const link of at("places").children) {
    const isHere = location.pathname.startsWith(link.getAttribute("href"));
    if (isHere) link.setAttribute("aria-current", "page");
  }
  keepTheme(at("theme"), themed);
  keepSession(at("session"), () => {
    stopFollowing();
    at(content).hidden = true;
    notify(isSignedIn() ? "" : `Sign in to see ${what}.`);
    if (isSignedIn()) begin();
  });
}

/* Following: what is live on this page. */

let followed = new Set();

keepLine((isUp) => {
  if (followed.size) at("line").textContent = isUp ? "Live" : "Reconnecting …";
});

/* Watches a subscription as `watch` does, and says in the bar whether it is live. Refusals become the
   notice. Returns a function that ends it. */
export function follow(query, variables, { next, over = () => {}, refused = notify }) {
  const own = {};
  const end = () => {
    followed.delete(own);
    if (!followed.size) at("line").textContent = "";
  };
  if (!followed.size) at("line").textContent = "Connecting …";
  followed.add(own);
  const stop = watch(query, variables, {
    next: (data) => {
      if (followed.has(own)) at("line").textContent = "Live";
      next(data);
    },
    over: () => {
      end();
      over();
    },
    refused: (message) => {
      end();
      refused(message);
    },
  });
  return () => {
    end();
    stop();
  };
}

function stopFollowing() {
  followed = new Set();
  at("line").textContent = "";
  hangUp();
}
