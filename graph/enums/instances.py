"""The enum of instances, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="The kind of data that an AMC instance has.")
class InstanceType(Enum):
    STANDARD = strawberry.enum_value("STANDARD", description="An advertiser's own data.")
    SANDBOX = strawberry.enum_value("SANDBOX", description="Synthetic data for trying out queries.")
    OTHER = strawberry.enum_value("OTHER", description="A type that this server does not know.")


@strawberry.enum(description="The role of a person on an instance.")
class MemberRole(Enum):
    VIEWER = strawberry.enum_value("viewer", description="May read.")
    EDITOR = strawberry.enum_value("editor", description="May also create, change and run.")
    ADMIN = strawberry.enum_value(
        "admin",
        description="May also change the instance's limits, pause it, decide who its members are, "
        "renew the account's token and read the audit.",
    )


@strawberry.enum(description="Whether Amazon accepts the authorisation of an account.")
class TokenState(Enum):
    OK = strawberry.enum_value("ok", description="Amazon accepts it, or was not asked yet.")
    REFUSED = strawberry.enum_value(
        "refused",
        description="Amazon refuses it. Executions wait until accountTokenRenew gives a new one.",
    )


@strawberry.enum(description="A region of Amazon's API.")
class AccountRegion(Enum):
    NA = strawberry.enum_value("NA", description="North America.")
    EU = strawberry.enum_value("EU", description="Europe.")
    FE = strawberry.enum_value("FE", description="The Far East.")


@strawberry.enum(description="A kind of AMC's tables, by how long their data changes.")
class TableKind(Enum):
    ATTRIBUTED = strawberry.enum_value(
        "attributed", description="Tables of attributed events and conversions."
    )
    OTHER = strawberry.enum_value("other", description="All other tables.")
