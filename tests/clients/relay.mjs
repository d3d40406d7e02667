// Relay: compiled documents, its own store, and a connection that loads more.
import assert from 'node:assert/strict';

import { createClient } from 'graphql-ws';
import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getRequest,
  requestSubscription,
} from 'relay-runtime';
import WebSocket from 'ws';

import { AUTHORIZATION, CREATE, DASHBOARD, HEADERS, LIST, MISSING, ROWS, RUN, URL_OF_API, URL_OF_SOCKET, WATCH, doTheJob, main, say } from './job.mjs';

const COMPILED = {
  [LIST]: 'documentsListQuery',
  [CREATE]: 'documentsCreateMutation',
  [RUN]: 'documentsRunMutation',
  [WATCH]: 'documentsWatchSubscription',
  [ROWS]: 'documentsRowsQuery',
  [DASHBOARD]: 'documentsDashboardQuery',
  [MISSING]: 'documentsMissingQuery',
};

main(async () => {
  const socket = createClient({
    url: URL_OF_SOCKET,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: AUTHORIZATION },
  });
  const environment = new Environment({
    network: Network.create(send, (operation, variables) =>
      Observable.create((sink) => socket.subscribe({ query: operation.text, variables }, sink)),
    ),
    store: new Store(new RecordSource()),
  });
  await doTheJob({
    ask: async (text, variables = {}) => {
      const document = await compiled(COMPILED[text]);
      if (!text.startsWith('mutation')) return fetchQuery(environment, document, variables).toPromise();
      return new Promise((onCompleted, onError) =>
        commitMutation(environment, { mutation: document, variables, onCompleted, onError }),
      );
    },
    watch: (text, variables) => watched(environment, COMPILED[text], variables),
  });
  await loadMore(environment);
  say('connection');
});

async function compiled(name) {
  return (await import(`./relay/__generated__/${name}.graphql.js`)).default;
}

async function send(operation, variables) {
  const answer = await fetch(URL_OF_API, {
    method: 'POST',
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: operation.text, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw Object.assign(new Error(errors[0].message), { code: errors[0].extensions.code });
  return { data };
}

async function* watched(environment, name, variables) {
  const subscription = await compiled(name);
  const waiting = [];
  let wake = () => {};
  requestSubscription(environment, {
    subscription,
    variables,
    onNext: (data) => wake(waiting.push({ data })),
    onError: (error) => wake(waiting.push({ error })),
    onCompleted: () => wake(waiting.push(null)),
  });
  for (;;) {
    while (!waiting.length) await new Promise((resolve) => (wake = resolve));
    const event = waiting.shift();
    if (event === null) return;
    if (event.error) throw event.error;
    yield event.data;
  }
}

// Two pages of one report each become one list in the store.
async function loadMore(environment) {
  const page = await compiled('documentsReportsPageQuery');
  const first = await fetchQuery(environment, page, { count: 1, cursor: null }).toPromise();
  const operation = createOperationDescriptor(getRequest(page), { count: 1, cursor: null });
  environment.retain(operation);
  const seen = environment.lookup(operation.fragment).data;
  assert.ok(first && seen);
  const connection = environment.getStore().getSource().get('client:root:__documents_reports_connection');
  const { endCursor } = environment.getStore().getSource().get(connection.pageInfo.__ref);
  await fetchQuery(environment, page, { count: 1, cursor: endCursor }).toPromise();
  const joined = environment.getStore().getSource().get('client:root:__documents_reports_connection');
  assert.equal(joined.edges.__refs.length, 2);
}
