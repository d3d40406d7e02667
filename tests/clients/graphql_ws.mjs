// graphql-ws: everything over one websocket.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { AUTHORIZATION, URL_OF_SOCKET, doTheJob, main } from './job.mjs';

main(async () => {
  const client = createClient({
    url: URL_OF_SOCKET,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: AUTHORIZATION },
  });
  const watch = async function* (query, variables) {
    for await (const result of client.iterate({ query, variables })) yield dataOf(result);
  };
  const ask = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return dataOf(result);
  };
  await doTheJob({ ask, watch });
  await client.dispose();
});

function dataOf({ data, errors }) {
  if (!errors) return data;
  throw Object.assign(new Error(errors[0].message), { code: errors[0].extensions.code });
}
