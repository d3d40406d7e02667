/* Subscriptions over graphql-transport-ws. A line that breaks is opened again by itself, and the
   server then sends the present state first: nothing has to be remembered or replayed. */
import { createClient } from "graphql-ws";
import { authorization } from "./session.js";

const FORBIDDEN = 4403; // the token is not, or no longer, good
const LONGEST_WAIT = 10_000; // milliseconds between two tries
const SILENCE = 10_000; // after which the line is tested, and has as long to answer

/* Calls `next(data)` with every state, `over()` after the last one, `refused(message)` if there is
   none to be had, and `line(isUp)` as the line comes and goes. Gives what ends the watch. */
export function watch(query, variables, { next, over, refused, line }) {
  let unanswered;
  const client = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: authorization,
    retryAttempts: Infinity,
    shouldRetry: (problem) => problem.code !== FORBIDDEN,
    retryWait: (tries) => pause(Math.min(500 * 2 ** tries, LONGEST_WAIT)),
    keepAlive: SILENCE,
    on: {
      connected: () => line(true),
      closed: () => {
        clearTimeout(unanswered);
        line(false);
      },
      ping: (isTheirs) => {
        if (!isTheirs) unanswered = setTimeout(() => client.terminate(), SILENCE);
      },
      pong: (isTheirs) => {
        if (isTheirs) clearTimeout(unanswered);
      },
    },
  });
  let isWatched = true;
  client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (isWatched) errors ? refused(said(errors)) : next(data);
      },
      error: (problem) => isWatched && refused(said(problem)),
      complete: () => isWatched && over(),
    },
  );
  return () => {
    isWatched = false;
    client.dispose();
  };
}

/* A problem is a list of GraphQL errors, the closing of the line, or a fault of our own. */
function said(problem) {
  if (Array.isArray(problem)) return problem.map((error) => error.message).join("\n");
  return problem.reason || problem.message || "The line is closed.";
}

/* With some chance, so that not all come back to a restarted server in the same moment. */
function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds * (0.5 + Math.random() / 2)));
}
