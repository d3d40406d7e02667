/* Subscriptions over graphql-transport-ws. The client reconnects by itself. The server then sends the
   present state first, so nothing has to be remembered or replayed. */
import { createClient } from "graphql-ws";
import { authorization } from "./session.js";

const FORBIDDEN = 4403; // the token is not valid, or no longer valid
const LONGEST_WAIT = 10_000; // milliseconds between two attempts
const SILENCE = 10_000; // milliseconds before a ping, and for its answer

/* Calls `next(data)` with every state, `over()` after the last one, `refused(message)` on an error that
   cannot pass, and `line(isUp)` on each connect and disconnect. Returns a function that ends the watch. */
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

/* A problem is a list of GraphQL errors, a close event, or an exception. */
function said(problem) {
  if (Array.isArray(problem)) return problem.map((error) => error.message).join("\n");
  return problem.reason || problem.message || "The connection is closed.";
}

/* A random pause, so that not all clients reconnect to a restarted server at the same moment. */
function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds * (0.5 + Math.random() / 2)));
}
