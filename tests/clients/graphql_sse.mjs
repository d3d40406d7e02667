// graphql-sse in its "distinct connections" mode: a stream for each operation.
import { createClient } from 'graphql-sse';

import { HEADERS, URL_OF_API, doTheJob, main } from './job.mjs';

main(async () => {
  const client = createClient({ url: URL_OF_API, headers: HEADERS });
  const watch = async function* (query, variables) {
    for await (const result of client.iterate({ query, variables })) yield dataOf(result);
  };
  const ask = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return dataOf(result);
  };
  await doTheJob({ ask, watch });
});

function dataOf({ data, errors }) {
  if (!errors) return data;
  throw Object.assign(new Error(errors[0].message), { code: errors[0].extensions.code });
}
