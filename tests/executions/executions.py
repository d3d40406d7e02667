"""Operations of the tests of executions."""

RUN = """
mutation($id: ID!, $window: WindowInput, $parameters: JSON, $key: String) {
  reportRun(id: $id, window: $window, parameters: $parameters, idempotencyKey: $key) {
    id status phase windowStart windowEnd blockedBy { reason position message }
  }
}
"""
READ = """
query($id: ID!) {
  execution(id: $id) {
    id status phase outcome rowCount checksum errorCode errorMessage amcStatus cancelState version
    blockedBy { reason position message until }
    report { id executionCount newestStatus state }
  }
}
"""
ROWS = """
query($id: ID!, $first: Int!, $offset: Int!) {
  execution(id: $id) { rows(first: $first, offset: $offset) {
    columns { name type } rows totalCount hasNextPage
  } }
}
"""
CANCEL = "mutation($id: ID!) { executionCancel(id: $id) { id status phase cancelState } }"
WATCH = "subscription($id: ID!) { execution(id: $id) { status phase version rowCount } }"
