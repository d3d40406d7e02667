"""Imports workflows that are saved at AMC, from AMC's own JSON.

A workflow's primary key is derived from its instance and its id at AMC. So importing it again finds
it, even if it was renamed or has become a report.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid5

from pydantic import ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, documents, ids, sentences
from domain.documents import Config
from domain.errors import Invalid
from domain.models import ArchivedWorkflow, Instance, Workflow
from domain.problems import Gathered, Problem, Problems, problems_of, within
from domain.queries import queries
from domain.viewer import Viewer
from domain.workflows import workflows
from domain.workflows.workflows import WorkflowSpec

OURS = re.compile(r"amc-reports-[0-9a-f]{32}(-\d+)?")  # ids of the queries that executions save
WHOLE, FRACTION = {"type": "integer"}, {"type": "number"}
TYPES: dict[str, dict[str, Any]] = {
    "STRING": {"type": "string"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    **dict.fromkeys(("BYTE", "SHORT", "INTEGER", "LONG"), WHOLE),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), FRACTION),
}
TAKEN = {"workflowId", "sqlQuery", "inputParameters"}
OWN = {  # executions have their own settings for these
    *("distinctUserCountColumn", "filteredReasonColumn", "filteredMetricsDiscriminatorColumn"),
    *("inputSchema", "outputColumns", "outputFormat", "privacyFilteringBehavior", "query"),
}
AMC_NAMES = {
    "name": "workflowId",
    "sqlTemplate": "sqlQuery",
}  # AMC's name for a specification's field
OF_PARAMETER = {"name", "dataType", "columnType", "defaultValue", "description", "displayName"}


class AmcParameter(Config):
    """An input parameter of a workflow as AMC writes it, as far as it is imported."""

    model_config = ConfigDict(extra="ignore")

    name: str
    data_type: Any = Field(default=None, alias="dataType")
    default_value: Any = Field(default=None, alias="defaultValue")
    title: Any = Field(default=None, alias="displayName")
    description: Any = None


class AmcWorkflow(Config):
    """A workflow as AMC writes it, as far as it is imported."""

    model_config = ConfigDict(extra="ignore")

    workflow_id: str = Field(alias="workflowId", min_length=1)
    sql_query: str = Field(alias="sqlQuery", min_length=1)
    parameters: list[AmcParameter] | None = Field(default=None, alias="inputParameters")


@dataclass(frozen=True)
class Entry:
    """A workflow of AMC's as one of ours, and what is left out of it."""

    amc_id: str
    spec: WorkflowSpec
    left_out: list[str]


@dataclass
class Imported:
    """The result of an import, as AMC's ids of the workflows."""

    created: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    converted: list[str] = field(default_factory=list)


def read(document: object, instance: Instance) -> list[Entry]:
    """Read AMC's answer with one workflow or a list. Raises Invalid with all mistakes."""
    entries: list[Entry] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for place, item in _items(document):
        amc_id = item.get("workflowId") if isinstance(item, dict) else None
        if isinstance(amc_id, str) and OURS.fullmatch(amc_id):
            continue
        named = f"{place} ({amc_id})" if isinstance(amc_id, str) else place
        try:
            entries.append(_entry(item, ids.encode("inst", instance.id), seen))
            seen.add(entries[-1].amc_id)
        except Invalid as invalid:
            wrong += [
                f"{named}: {AMC_NAMES.get(one.field, one.field)}: {one.message}"
                for one in problems_of(invalid)
            ]
    if wrong:
        raise Invalid("\n".join(["Nothing was imported:", *wrong]))
    return entries


def _items(document: object) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict) and isinstance(listed := document.get("workflows"), list):
        for number, one in enumerate(listed):
            yield f"workflows.{number}", one
    elif isinstance(document, dict) and isinstance(document.get("workflow"), dict):
        yield "workflow", document["workflow"]
    elif isinstance(document, dict) and {"workflowId", "sqlQuery"} & set(document):
        yield "workflow", document
    else:
        raise Invalid(
            'This is not AMC\'s JSON: an object with a list "workflows", or one workflow with '
            '"workflowId" and "sqlQuery".'
        )


def _entry(item: object, instance_id: str, seen: set[str]) -> Entry:
    if not isinstance(item, dict):
        raise Problems([documents.not_an_object(item, "workflow")])
    try:
        workflow = AmcWorkflow.model_validate(item)
    except ValidationError as invalid:
        raise Problems(documents.problems_in(invalid, AmcWorkflow, item, "")) from invalid
    wrong = Gathered()
    if workflow.workflow_id in seen:
        says = sentences.sentence(["workflowId"], "is the id of another workflow in this file")
        wrong.append(Problem("workflowId", says))
    used: Sequence[str] = ()
    with wrong.also():
        used = queries.shape(workflow.sql_query).custom_parameters
    definitions, unused = _definitions(workflow.parameters or [], used, wrong)
    wrong.refuse()
    spec = WorkflowSpec(
        name=workflow.workflow_id,
        sql_query=workflow.sql_query,
        instance_id=instance_id,
        parameter_definitions=definitions,
    )
    return Entry(workflow.workflow_id, spec, [*_left_out(item), *unused])


def _left_out(item: Mapping[str, Any]) -> list[str]:
    """Return what AMC says of a workflow and its parameters that is not imported."""
    left_out = sorted(name for name in set(item) - TAKEN if item[name] is not None)
    if item.get("filteredMetricsDiscriminatorColumn") == "filtered":
        left_out.remove("filteredMetricsDiscriminatorColumn")  # executions have this setting, too
    given = item.get("inputParameters") or []
    strange = sorted({name for one in given for name in set(one) - OF_PARAMETER})
    return [*left_out, *(f"inputParameters.{name}" for name in strange)]


def _definitions(
    given: Sequence[AmcParameter], used: Sequence[str], wrong: Gathered
) -> tuple[dict[str, Any], list[str]]:
    """Return AMC's input parameters as definitions, and the names of those the SQL does not use.

    Their mistakes are added to `wrong`.
    """
    properties: dict[str, Any] = {}
    unused: list[str] = []
    for number, one in enumerate(given):
        if one.name not in used:
            unused.append(f"inputParameters.{one.name}")
            continue
        with wrong.also(), within(f"inputParameters.{number}"):
            properties[one.name] = _definition(one)
    required = [
        name for name, one in properties.items() if "default" not in one and one["type"] != "array"
    ]
    return {"type": "object", "properties": properties, "required": required}, unused


def _definition(one: AmcParameter) -> dict[str, Any]:
    made = _type(one.data_type)
    for name, text in (("title", one.title), ("description", one.description)):
        if isinstance(text, str):
            made[name] = text
    if one.default_value is not None:
        made["default"] = _value(one.default_value, made["type"])
    return made


def _type(data_type: object) -> dict[str, Any]:
    if isinstance(data_type, dict) and data_type.get("type") == "ARRAY":
        return {"type": "array", "items": _type(data_type.get("elementDataType"))}
    if not isinstance(data_type, str) or data_type not in TYPES:
        known = sentences.one_of([*sorted(TYPES), "ARRAY"])
        told = sentences.sentence(["dataType"], sentences.must_be(known, data_type))
        raise Invalid(told, field="dataType")
    return dict(TYPES[data_type])


def _value(value: Any, kind: str) -> Any:
    """Return a default value. AMC writes values of every type as text."""
    if kind == "string" or not isinstance(value, str):
        return value
    try:
        return json.loads(value.lower() if kind == "boolean" else value)
    except ValueError:
        return value  # checking the definition reports the mistake


async def import_entries(
    session: AsyncSession, viewer: Viewer, instance: Instance, entries: Sequence[Entry]
) -> Imported:
    """Create the workflows that do not exist yet, in this person's name. Change no others."""
    # The lock keeps two imports of the same workflow from both creating it.
    await session.execute(
        select(Instance.id).where(Instance.id == instance.id).with_for_update(key_share=True)
    )
    keys = {uuid5(instance.id, one.amc_id): one for one in entries}
    here = await db.by_id(session, Workflow, set(keys))
    archive = ArchivedWorkflow.__table__.c.id
    converted = set(await session.scalars(select(archive).where(archive.in_(keys))))
    imported = Imported()
    for key, one in keys.items():
        if key in converted:
            imported.converted.append(one.amc_id)
        elif key not in here:
            await workflows.create(session, viewer, one.spec, key=key)
            imported.created.append(one.amc_id)
        elif _asks(here[key]) == (one.spec.sql_query, one.spec.parameter_definitions):
            imported.same.append(one.amc_id)
        else:
            imported.differing.append(one.amc_id)
    return imported


def _asks(workflow: Workflow) -> tuple[str, dict[str, Any]]:
    return workflow.sql_query, workflow.parameter_definitions


def summary(entries: Sequence[Entry], imported: Imported) -> str:
    """Describe the result of an import, in lines for an operator."""
    lines = []
    for one in entries:
        own = [name for name in one.left_out if name in OWN]
        rest = [name for name in one.left_out if name not in OWN]
        if own:
            lines.append(f"{one.amc_id}: executions have their own settings for {', '.join(own)}")
        if rest:
            lines.append(f"{one.amc_id}: left out, unknown or unused: {', '.join(rest)}")
    lines += [f"{one}: imported" for one in imported.created]
    lines += [
        f"{one}: already exists and differs; it was not changed" for one in imported.differing
    ]
    lines += [f"{one}: has become a report" for one in imported.converted]
    if not imported.created:
        lines.append(f"Nothing new: {len(entries)} read, {len(imported.same)} exist unchanged.")
    return "\n".join(lines)
