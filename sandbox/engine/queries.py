"""Workflows as queries of the SQL engine."""

from typing import Any

from sandbox.sql.query import Query


def as_query(workflow: dict[str, Any], values: dict[str, Any], **window: Any) -> Query:
    """The query of a workflow with these parameter values. `window` has the rest of Query."""
    form = workflow.get("outputFormat") or {}
    return Query(
        sql=workflow["sqlQuery"],
        parameters=values,
        declared=workflow.get("inputParameters") or [],
        discriminator_column=workflow.get("filteredMetricsDiscriminatorColumn"),
        privacy=workflow.get("privacyFilteringBehavior") or "REMOVE_ROWS",
        user_count_column=workflow.get("distinctUserCountColumn"),
        reason_column=workflow.get("filteredReasonColumn"),
        separator=form.get("separatorCharacter", ","),
        quote=form.get("quoteCharacter", '"'),
        escape=form.get("escapeCharacter", "\\"),
        **window,
    )
