"""The examples of collections: planned, started, watched, and the numbers they bring."""

from graph.http.explorer.example import Example

EIGHT_WEEKS = {
    "reportId": "<report to collect>",
    "targetWeeks": 8,
    "allowProvisional": False,  # GraphiQL underlines what is left out if its default is false
    "recollect": False,
}

COLLECTING: list[Example] = [
    Example(
        name="PlanCollection",
        about="What collecting its past would take, before AMC is asked for anything.",
        query="""\
query PlanCollection(
  $input: CollectionInput!
) {
  collectionPlan(collection: $input) {
    startDate
    endDate
    executions
    amcCalls
    slots
    etaEarliest
    etaLatest
    isMeasured
    segments {
      startDate
      endDate
      isCollected
    }
  }
}
""",
        variables={"input": EIGHT_WEEKS},
    ),
    Example(
        name="StartCollection",
        about="Collect its past eight weeks, one execution for each.",
        query="""\
# Of a report that is not being
# collected; CreateReport makes another.
mutation StartCollection(
  $input: CollectionInput!
) {
  collectionStart(collection: $input) {
    id
    status
    startDate
    endDate
    targetWeeks
    parallelLimit
    report {
      name
    }
  }
}
""",
        variables={"input": EIGHT_WEEKS},
    ),
    Example(
        name="WatchCollection",
        about="Follow it live, week by week: how far it is, how fast, and what it waits for.",
        query="""\
# It ends when the collection does.
subscription WatchCollection($id: ID!) {
  collection(id: $id) {
    version
    status
    progressPercentage
    counts {
      completed
      running
      pending
      failed
      skipped
    }
    ratePerHour
    etaEarliest
    etaLatest
    waits {
      reason
      count
      until
    }
    weeks {
      startDate
      status
      outcome
    }
  }
}
""",
        variables={"id": "<newest collection>"},
    ),
    Example(
        name="ReadAggregates",
        about="Its numbers by week, each with the days it covers; by month and quarter too.",
        query="""\
query ReadAggregates(
  $filter: AggregateFilter!
) {
  aggregates(filter: $filter, first: 10) {
    nodes {
      key
      startDate
      endDate
      state
      isProvisional
      metrics {
        name
        value
        state
      }
      coverage {
        days
        covered
        missing
        suppressed
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
""",
        variables={"filter": {"collectionId": "<newest collection>", "level": "WEEKLY"}},
    ),
]
