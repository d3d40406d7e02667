"""Enums of what a person may do with an object, by the mutations that do it."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a person may do with a report.")
class ReportAct(Enum):
    CHANGE = strawberry.enum_value("change", description="reportChange, and reportUpgrade.")
    DUPLICATE = strawberry.enum_value("duplicate", description="reportDuplicate.")
    ARCHIVE = strawberry.enum_value("archive", description="reportArchive.")
    RESTORE = strawberry.enum_value("restore", description="reportRestore.")
    RUN = strawberry.enum_value("run", description="reportRun.")
    COLLECT = strawberry.enum_value("collect", description="collectionStart.")
    SCHEDULE = strawberry.enum_value("schedule", description="scheduleCreate.")


@strawberry.enum(description="What a person may do with an execution.")
class ExecutionAct(Enum):
    CANCEL = strawberry.enum_value("cancel", description="executionCancel.")
    RETRY = strawberry.enum_value("retry", description="executionRetry.")


@strawberry.enum(description="What a person may do with a collection.")
class CollectionAct(Enum):
    PAUSE = strawberry.enum_value("pause", description="collectionPause.")
    RESUME = strawberry.enum_value("resume", description="collectionResume.")
    CANCEL = strawberry.enum_value("cancel", description="collectionCancel.")
    CHANGE = strawberry.enum_value("change", description="collectionChange.")
    RETRY = strawberry.enum_value(
        "retry", description="collectionRetry, of segments that are not being collected."
    )
    DELETE = strawberry.enum_value("delete", description="collectionDelete.")


@strawberry.enum(description="What a person may do with a schedule.")
class ScheduleAct(Enum):
    CHANGE = strawberry.enum_value("change", description="scheduleChange.")
    PAUSE = strawberry.enum_value("pause", description="schedulePause.")
    RESUME = strawberry.enum_value("resume", description="scheduleResume.")
    RUN = strawberry.enum_value("run", description="scheduleRunNow.")
    DELETE = strawberry.enum_value("delete", description="scheduleDelete.")


@strawberry.enum(description="What a person may do with a dashboard.")
class DashboardAct(Enum):
    CHANGE = strawberry.enum_value(
        "change", description="dashboardChange, except `isPublic`, and dashboardWidgetsChange."
    )
    DUPLICATE = strawberry.enum_value("duplicate", description="dashboardDuplicate.")
    PUBLISH = strawberry.enum_value("publish", description="dashboardChange of `isPublic`.")
    SHARE = strawberry.enum_value("share", description="dashboardShare and dashboardUnshare.")
    TRANSFER = strawberry.enum_value(
        "transfer", description="dashboardTransfer, to a member of all instances that it shows."
    )
    DELETE = strawberry.enum_value("delete", description="dashboardDelete.")


@strawberry.enum(description="What a person may do with an instance.")
class InstanceAct(Enum):
    CHANGE = strawberry.enum_value("change", description="instanceChange, except `isPaused`.")
    PAUSE = strawberry.enum_value("pause", description="instanceChange of `isPaused` to true.")
    RESUME = strawberry.enum_value("resume", description="instanceChange of `isPaused` to false.")
    SET_MEMBERS = strawberry.enum_value(
        "set_members", description="instanceMemberSet and instanceMemberRemove."
    )
    READ_AUDIT = strawberry.enum_value(
        "read_audit", description="auditEntries of all that happened on it."
    )


@strawberry.enum(description="What a person may do with an account at Amazon.")
class AccountAct(Enum):
    RENEW_TOKEN = strawberry.enum_value("renew_token", description="accountTokenRenew.")


@strawberry.enum(description="What a person may do with a template.")
class TemplateAct(Enum):
    CHANGE = strawberry.enum_value("change", description="templateChange.")
    ARCHIVE = strawberry.enum_value("archive", description="templateArchive.")
    RESTORE = strawberry.enum_value("restore", description="templateRestore.")
