// Apollo Client 4: automatic persisted queries, and subscriptions as multipart/mixed over HTTP.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

import { DASHBOARD, HEADERS, LIST, URL_OF_API, doTheJob, main, say } from './job.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const sent = [];

main(async () => {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([
      new PersistedQueryLink({ sha256 }),
      new HttpLink({ uri: URL_OF_API, headers: HEADERS, fetch: noted }),
    ]),
  });
  await doTheJob({
    ask: (text, variables) => asked(client, gql(text), variables),
    watch: (text, variables) => watched(client, gql(text), variables),
  });

  // The second time the hash is enough: no text is sent.
  sent.length = 0;
  await client.query({ query: gql(LIST), fetchPolicy: 'network-only' });
  assert.deepEqual(sent.map((body) => 'query' in body), [false]);
  say('persisted');

  // A dashboard from the cache is the dashboard that was read.
  assert.ok(client.readQuery({ query: gql(DASHBOARD), variables: await first(client) }));
  say('cache');
});

async function first(client) {
  const { data } = await client.query({ query: gql(LIST) });
  return { id: data.dashboards.nodes[0].id };
}

function noted(url, init) {
  if (init.body) sent.push(JSON.parse(init.body));
  return fetch(url, init);
}

async function asked(client, document, variables) {
  const isMutation = document.definitions[0].operation === 'mutation';
  try {
    const { data } = isMutation
      ? await client.mutate({ mutation: document, variables })
      : await client.query({ query: document, variables });
    return data;
  } catch (error) {
    if (CombinedGraphQLErrors.is(error)) error.code = error.errors[0].extensions.code;
    throw error;
  }
}

async function* watched(client, query, variables) {
  const waiting = [];
  let wake = () => {};
  client.subscribe({ query, variables }).subscribe({
    next: (event) => wake(waiting.push(event)),
    error: (error) => wake(waiting.push({ error })),
    complete: () => wake(waiting.push(null)),
  });
  for (;;) {
    while (!waiting.length) await new Promise((resolve) => (wake = resolve));
    const event = waiting.shift();
    if (event === null) return;
    if (event.error) throw event.error;
    yield event.data;
  }
}
