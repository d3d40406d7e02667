/* Subscriptions over graphql-transport-ws, all on one websocket. The client reconnects by itself. The
   server then sends the present state first, so nothing has to be remembered or replayed. */
import { createClient } from "graphql-ws";
import { authorization, endSession } from "./session.js";

const FORBIDDEN = 4403; // the token is not valid, or no longer valid
const LONGEST_WAIT = 10_000; // milliseconds between two attempts
const SILENCE = 10_000; // milliseconds before a ping, and for its answer

let client = null; // of the session
let open = 0; // watches
let line = () => {};

/* Calls `told(isUp)` on each connect and disconnect while something is watched. */
export function keepLine(told) {
  line = told;
}

/* Calls `next(data)` with every state, `over()` after the last one, and `refused(message)` on an error
   that cannot pass. Returns a function that ends the watch. */
export function watch(query, variables, { next, over = () => {}, refused = () => {} }) {
  client ??= connect();
  open += 1;
  let isWatched = true;
  const end = () => {
    if (isWatched) open -= 1;
    isWatched = false;
  };
  const once = (told) => (given) => {
    if (!isWatched) return;
    end();
    told(given);
  };
  const unsubscribe = client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (isWatched) errors ? refused(said(errors)) : next(data);
      },
      error: once((problem) => {
        if (problem.code === FORBIDDEN) endSession(said(problem));
        refused(said(problem));
      }),
      complete: once(over),
    },
  );
  return () => {
    end();
    unsubscribe();
  };
}

/* Ends all watches and the connection, as the session ends with it. */
export function hangUp() {
  open = 0;
  client?.dispose();
  client = null;
}

function connect() {
  let unanswered;
  const made = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: authorization,
    retryAttempts: Infinity,
    shouldRetry: (problem) => problem.code !== FORBIDDEN,
    retryWait: (tries) => pause(Math.min(500 * 2 ** tries, LONGEST_WAIT)),
    keepAlive: SILENCE,
    on: {
      connected: () => made === client && line(true),
      closed: () => {
        clearTimeout(unanswered);
        if (made === client && open) line(false);
      },
      ping: (isTheirs) => {
        if (!isTheirs) unanswered = setTimeout(() => made.terminate(), SILENCE);
      },
      pong: (isTheirs) => {
        if (isTheirs) clearTimeout(unanswered);
      },
    },
  });
  return made;
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
