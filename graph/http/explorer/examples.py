"""What the explorer opens with: an analyst's first job, a tab for each step.

Values in angle brackets are looked up by the page as an example is run, so that every example runs
as it stands; `explorer.js` knows which there are.
"""

from graph.http.explorer.collecting import COLLECTING
from graph.http.explorer.example import Example

EXAMPLES: list[Example] = [
    Example(
        name="Templates",
        about="What can be asked of AMC, ready made.",
        query="""\
# Run it: the button on the right,
# or Ctrl-Enter.
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
        about="Where it can be asked: the AMC instances you are a member of.",
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
        about="A template with its parameters, on an instance.",
        query="""\
# <Angle brackets> are looked up by this
# page; in your own code put ids there.
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
                "parameters": {},
            }
        },
    ),
    Example(
        name="RunReport",
        about="Start it. It waits for a slot, runs at AMC, and its result is fetched.",
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
        about="Follow it live, over a websocket, from how it stands to how it ends.",
        query="""\
# Start RunReport, then this at once.
# It ends when the execution does.
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
        about="Its result, a page at a time, or as a file.",
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
    *COLLECTING,
    Example(
        name="CreateDashboard",
        about="A dashboard of its numbers, laid out by a template.",
        query="""\
# DashboardTemplates that fit a report:
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
      dataSource
      position
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
