"""The enum of instances, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="The kind of data that an AMC instance has.")
class InstanceType(Enum):
    STANDARD = strawberry.enum_value("STANDARD", description="An advertiser's own data.")
    SANDBOX = strawberry.enum_value("SANDBOX", description="Synthetic data for trying out queries.")
    OTHER = strawberry.enum_value("OTHER", description="A type that this server does not know.")
