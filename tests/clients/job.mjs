// What every client does here: list, create, run, watch to the end, read a dashboard, be refused.
import assert from 'node:assert/strict';

export const URL_OF_API = process.env.API;
export const URL_OF_SOCKET = URL_OF_API.replace(/^http/, 'ws');
export const AUTHORIZATION = `Bearer ${process.env.TOKEN}`;
export const HEADERS = { Authorization: AUTHORIZATION };

export const LIST = `query List {
  templates(first: 50) { nodes { id slug name } }
  instances(first: 5) { nodes { id name } }
  dashboards(first: 5) { nodes { id name } }
}`;
export const CREATE = `mutation Create($report: ReportInput!) {
  reportCreate(report: $report) { id name }
}`;
export const RUN = `mutation Run($id: ID!) { reportRun(id: $id) { id status phase } }`;
export const WATCH = `subscription Watch($id: ID!) {
  execution(id: $id) { id status phase outcome rowCount blockedBy { reason message } }
}`;
export const ROWS = `query Rows($id: ID!) {
  execution(id: $id) { id rows(first: 5) { columns { name type } rows totalCount } }
}`;
export const DASHBOARD = `query Dashboard($id: ID!) {
  dashboard(id: $id) {
    id name version dataVersion
    widgets { id title type chartType data { asOf points(first: 40) { key value cells { value state } } } }
  }
}`;
export const MISSING = `query Missing { report(id: "rpt_00000000000000000000000000000000") { id } }`;

// A client is an object with `ask(document, variables)`, which gives the data or throws an error
// with `code`, and `watch(document, variables)`, an async iterable of the data of events.
export async function doTheJob({ ask, watch }) {
  const { templates, instances, dashboards } = await ask(LIST);
  const template = templates.nodes.find((one) => one.slug === 'campaign-performance');
  assert.ok(template, 'the template is listed');
  say('list');

  const report = { name: 'Made by a client', templateId: template.id, instanceId: instances.nodes[0].id, parameters: {} };
  const { reportCreate } = await ask(CREATE, { report });
  assert.match(reportCreate.id, /^rpt_/);
  say('create');

  const { reportRun } = await ask(RUN, { id: reportCreate.id });
  assert.match(reportRun.id, /^exec_/);
  say('run');

  const seen = [];
  for await (const { execution } of watch(WATCH, { id: reportRun.id })) seen.push(execution);
  const last = seen.at(-1);
  assert.equal(last.status, 'COMPLETED', JSON.stringify(last));
  assert.ok(seen.length > 1, 'changes were seen');
  const { execution } = await ask(ROWS, { id: reportRun.id });
  assert.equal(execution.rows.totalCount, last.rowCount);
  say('watch');

  const { dashboard } = await ask(DASHBOARD, { id: dashboards.nodes[0].id });
  assert.ok(dashboard.widgets.length > 0);
  say('dashboard');

  await assert.rejects(ask(MISSING), (error) => error.code === 'NOT_FOUND');
  say('error');
}

export function say(step) {
  console.log(step);
}

// The end of a script: nothing may keep it alive, and an error is its exit code.
export function main(work) {
  work().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}
