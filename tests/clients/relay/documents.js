// The documents of relay.mjs, compiled by relay-compiler into __generated__/.
import { graphql } from 'relay-runtime';

graphql`
  query documentsListQuery {
    templates(first: 50) { nodes { id slug name } }
    instances(first: 5) { nodes { id name } }
    dashboards(first: 5) { nodes { id name } }
  }
`;
graphql`
  mutation documentsCreateMutation($report: ReportInput!) {
    reportCreate(report: $report) { id name }
  }
`;
graphql`
  mutation documentsRunMutation($id: ID!) { reportRun(id: $id) { id status phase } }
`;
graphql`
  subscription documentsWatchSubscription($id: ID!) {
    execution(id: $id) { id status phase outcome rowCount blockedBy { reason message } }
  }
`;
graphql`
  query documentsRowsQuery($id: ID!) {
    execution(id: $id) { id rows(first: 5) { columns { name type } rows totalCount } }
  }
`;
graphql`
  query documentsDashboardQuery($id: ID!) {
    dashboard(id: $id) {
      id name version dataVersion
      widgets { id title type chartType data { asOf points(first: 40) { key value cells { value state } } } }
    }
  }
`;
graphql`
  query documentsMissingQuery { report(id: "rpt_00000000000000000000000000000000") { id } }
`;
// What a table of a Relay application does: a connection that loads more.
graphql`
  fragment documentsReports on Query
  @refetchable(queryName: "documentsReportsPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    reports(first: $count, after: $cursor) @connection(key: "documents_reports") {
      edges { node { id name } }
    }
  }
`;
