// urql with Graphcache: a normalised cache that knows the schema, persisted queries, a websocket.
import assert from 'node:assert/strict';

import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import { getIntrospectionQuery } from 'graphql';
import { createClient } from 'graphql-ws';
import { toAsyncIterable } from 'wonka';
import WebSocket from 'ws';

import { AUTHORIZATION, HEADERS, URL_OF_API, URL_OF_SOCKET, doTheJob, main, say } from './job.mjs';

const warnings = [];
console.warn = (...words) => warnings.push(words.join(' '));

main(async () => {
  const socket = createClient({
    url: URL_OF_SOCKET,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: AUTHORIZATION },
  });
  const schema = await introspected();
  const client = new Client({
    url: URL_OF_API,
    fetchOptions: { headers: HEADERS },
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ schema, keys: keysOf(schema), resolvers: pagesOf(schema) }),
      persistedExchange({ preferGetForPersistedQueries: false }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
  await doTheJob({
    ask: async (text, variables) => {
      const isMutation = text.startsWith('mutation');
      const answer = isMutation ? client.mutation(text, variables) : client.query(text, variables ?? {});
      return dataOf(await answer.toPromise());
    },
    watch: async function* (text, variables) {
      for await (const answer of toAsyncIterable(client.subscription(text, variables))) {
        if (answer.data || answer.error) yield dataOf(answer);
      }
    },
  });
  assert.deepEqual(warnings, []);
  say('no warnings');
});

async function introspected() {
  const answer = await fetch(URL_OF_API, {
    method: 'POST',
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery({ descriptions: false }) }),
  });
  return (await answer.json()).data;
}

// Types without an id are parts of the object they stand in. Graphcache wants to be told so.
function keysOf({ __schema }) {
  const objects = __schema.types.filter(({ kind }) => kind === 'OBJECT');
  const parts = objects.filter(({ fields }) => !fields.some(({ name }) => name === 'id'));
  return Object.fromEntries(parts.map(({ name }) => [name, () => null]));
}

// Fields with `after` are pages of a connection, which Graphcache can join.
function pagesOf({ __schema }) {
  const query = __schema.types.find(({ name }) => name === __schema.queryType.name);
  const paged = query.fields.filter(({ args }) => args.some(({ name }) => name === 'after'));
  return { [query.name]: Object.fromEntries(paged.map(({ name }) => [name, relayPagination()])) };
}

function dataOf({ data, error }) {
  if (!error) return data;
  error.code = error.graphQLErrors[0]?.extensions.code;
  throw error;
}
