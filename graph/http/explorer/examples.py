"""The examples of the explorer: an analyst's first job, one tab per step.

When the page runs an example it replaces the values in angle brackets, so that every example runs
as it stands. `explorer.js` has the list of these values.
"""

from typing import Any, TypedDict


class Example(TypedDict):
    """A tab of the explorer."""

    name: str
    about: str
    query: str
    variables: dict[str, Any]


EIGHT_WEEKS = {
    "reportId": "<report to collect>",
    "targetWeeks": 8,
    "allowProvisional": False,  # else GraphiQL underlines it
    "recollect": False,
}

EXAMPLES: list[Example] = [
    Example(
        name="Templates",
        about="Lists the query templates that you may use.",
        query="""\
# To run this, press the button on
# the right or Ctrl-Enter.
query Templates {
  templates(first: 20) {
    nodes {
      id
      slug
      name
      category
      description
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
""",
        variables={},
    ),
    Example(
        name="Instances",
        about="Lists the AMC instances that you are a member of.",
        query="""\
query Instances {
  viewer {
    id
    email
  }
  instances(first: 10) {
    nodes {
      id
      name
      amcInstanceId
      maxConcurrent
      isPaused
    }
  }
}
""",
        variables={},
    ),
    Example(
        name="CreateReport",
        about="Creates a report: a template with parameters, on an instance.",
        query="""\
# This page looks up <angle brackets>.
# In your own code, put ids there.
mutation CreateReport($report: ReportInput!) {
  reportCreate(report: $report) {
    id
    name
    parameters
    template {
      name
      version
    }
    instance {
      name
    }
  }
}
""",
        variables={
            "report": {
                "name": "Campaign performance",
                "templateId": "<template campaign-performance>",
                "instanceId": "<first instance>",
            }
        },
    ),
    Example(
        name="RunReport",
        about="Runs the report. It waits for a slot, runs at AMC, and its result is fetched.",
        query="""\
mutation RunReport($id: ID!) {
  reportRun(id: $id) {
    id
    status
    phase
    windowStart
    windowEnd
    parameters
    report {
      name
    }
  }
}
""",
        variables={"id": "<newest report>"},
    ),
    Example(
        name="WatchExecution",
        about="Watches the execution over a websocket, from its present to its final state.",
        query="""\
# Run RunReport, and then this at once.
# It completes with the execution.
subscription WatchExecution($id: ID!) {
  execution(id: $id) {
    id
    version
    status
    phase
    blockedBy {
      reason
      message
      position
      until
    }
    amcStatus
    outcome
    rowCount
    errorMessage
  }
}
""",
        variables={"id": "<newest execution>"},
    ),
    Example(
        name="ReadRows",
        about="Reads the result page by page, or as a file.",
        query="""\
query ReadRows($id: ID!, $first: Int!) {
  execution(id: $id) {
    status
    outcome
    rows(first: $first) {
      totalCount
      rows
      columns {
        name
        type
      }
    }
    download(format: CSV) {
      url
      expiresAt
    }
  }
}
""",
        variables={"id": "<newest execution>", "first": 3},
    ),
    Example(
        name="PlanCollection",
        about="Shows what collecting eight past weeks would take. AMC is not called.",
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
        about="Collects eight past weeks, with one execution for each.",
        query="""\
# This needs a report that is not being
# collected. CreateReport creates one.
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
        about="Watches the collection week by week: its progress, its rate and its waits.",
        query="""\
# It completes with the collection.
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
        about="Reads the metrics by week, month or quarter, with the days that they cover.",
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
    Example(
        name="ReadInsights",
        about="Reads what statistics found in a report, and what each insight rests on.",
        query="""\
# The first time they are made in the
# background: run it again.
query ReadInsights($id: ID!) {
  report(id: $id) {
    name
    insights(leastConfidence: "0.6") {
      type
      text
      confidence
      start
      end
      why {
        method
        n
        numbers {
          name
          value
          of
        }
      }
    }
    insightState {
      isCurrent
      refusals {
        text
      }
    }
  }
}
""",
        variables={"id": "<newest report>"},
    ),
    Example(
        name="AskQuestion",
        about="Asks a question about the numbers of a report.",
        query="""\
# Others: Which campaign had the best ROAS last month?
# Why did sales change last month? What is odd?
mutation AskQuestion(
  $report: ID!
  $question: String!
) {
  insightAsk(
    reportId: $report
    question: $question
  ) {
    id
    conversationId
    answer
    outcome
    reason
    confidence
    numbers {
      name
      value
      unit
      currency
      of
      start
      end
    }
    choices {
      label
      question
    }
  }
}
""",
        variables={
            "report": "<newest report>",
            "question": "Which campaign had the most sales last month?",
        },
    ),
    Example(
        name="CreateDashboard",
        about="Creates a dashboard of the report from a template.",
        query="""\
# Templates that fit a report:
# dashboardTemplates(reportId: ...)
mutation CreateDashboard(
  $template: String!
  $sources: [SourceInput!]!
) {
  dashboardCreateFromTemplate(
    template: $template
    sources: $sources
  ) {
    id
    name
    version
    access
    sources {
      name
    }
    widgets {
      id
      type
      chartType
      title
      dataSource {
        metrics
        dimension
      }
      position {
        x
        y
        width
        height
      }
    }
  }
}
""",
        variables={
            "template": "campaign-performance",
            "sources": [{"reportId": "<newest report>"}],
        },
    ),
]
