"""Enums of the audit."""

from enum import Enum

import strawberry


@strawberry.enum(description="The type of an object in the audit.")
class AuditObjectType(Enum):
    REPORT = strawberry.enum_value("report", description="A report.")
    WORKFLOW = strawberry.enum_value("workflow", description="A workflow.")
    TEMPLATE = strawberry.enum_value("template", description="A template.")
    SCHEDULE = strawberry.enum_value("schedule", description="A schedule of a report.")
    WORKFLOW_SCHEDULE = strawberry.enum_value(
        "workflow_schedule", description="A schedule of a workflow."
    )
    COLLECTION = strawberry.enum_value("collection", description="A collection.")
    EXECUTION = strawberry.enum_value(
        "execution", description="An execution that a person started, retried or cancelled."
    )
    WORKFLOW_EXECUTION = strawberry.enum_value(
        "workflow_execution",
        description="An execution of a workflow that a person started or cancelled.",
    )
    DASHBOARD = strawberry.enum_value("dashboard", description="A dashboard.")
    WIDGET = strawberry.enum_value("widget", description="A widget.")
    SHARE = strawberry.enum_value("share", description="A dashboard that is shared with somebody.")
    CONFIGURATION = strawberry.enum_value(
        "configuration", description="Whether and how views are drawn of a report or workflow."
    )
    EXPORT = strawberry.enum_value("export", description="An export.")
    BUILDER_SESSION = strawberry.enum_value(
        "builder_session", description="A step of the report builder."
    )
    NOTICE_TARGET = strawberry.enum_value(
        "notice_target", description="A place where somebody receives notices."
    )
    MEMBER = strawberry.enum_value("member", description="A person's membership of an instance.")
    INSTANCE = strawberry.enum_value("instance", description="An instance.")
    ACCOUNT = strawberry.enum_value("account", description="An account at Amazon.")
    USER = strawberry.enum_value("user", description="A person who may sign in.")
    HOLD = strawberry.enum_value("hold", description="A legal hold.")
    RETENTION = strawberry.enum_value(
        "retention",
        description="What a rule of retention has removed on a day. The rule is the object's name.",
    )


@strawberry.enum(description="What was done to an object.")
class AuditAct(Enum):
    CREATE = strawberry.enum_value("create", description="It was made.")
    CHANGE = strawberry.enum_value(
        "change", description="It was changed. Archiving and cancelling are changes."
    )
    DELETE = strawberry.enum_value("delete", description="It was deleted.")


@strawberry.enum(description="Who acted.")
class AuditOrigin(Enum):
    PERSON = strawberry.enum_value("person", description="A person, by the API.")
    OPERATOR = strawberry.enum_value("operator", description="An operator, by the command line.")
    ENGINE = strawberry.enum_value("engine", description="The server by itself: retention.")
