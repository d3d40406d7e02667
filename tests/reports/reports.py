"""Operations of the tests of reports that change and move to other versions."""

CHANGE_REPORT = """
mutation($id: ID!, $change: ReportChangeInput) {
  reportChange(id: $id, change: $change) {
    name description parameters timeZone reportId templateVersion { version }
  }
}
"""
PREVIEW = """
query($id: ID!, $version: Int!, $values: JSON) {
  reportUpgradePreview(id: $id, templateVersion: $version, parameters: $values) {
    before { version } after { version } sqlDifference parameters parametersGained parametersLost
    metrics { kept changed gained lost } problems { field message }
    recollection { segments firstDay lastDay dayShares { executions } }
  }
}
"""
UPGRADE = """
mutation($id: ID!, $version: Int!, $values: JSON) {
  reportUpgrade(id: $id, templateVersion: $version, parameters: $values) {
    parameters templateVersion { version }
  }
}
"""
RECOLLECT = "mutation($id: ID!) { reportRecollect(id: $id) { id } }"
SERIES = """
query($id: ID!) {
  report(id: $id) {
    name
    series {
      series templateVersion { version } parameters timeZone weekStart firstDay lastDay
      weeks isShown
    }
  }
}
"""
