"""Enums of people's preferences."""

from enum import Enum

import strawberry


@strawberry.enum(description="The colours that a person prefers.")
class ThemePreference(Enum):
    SYSTEM = strawberry.enum_value("system", description="As the person's device has it.")
    LIGHT = strawberry.enum_value("light", description="Dark on light.")
    DARK = strawberry.enum_value("dark", description="Light on dark.")


@strawberry.enum(description="The first day of a person's week, in calendars.")
class WeekStartPreference(Enum):
    MONDAY = strawberry.enum_value("monday", description="Monday.")
    SUNDAY = strawberry.enum_value("sunday", description="Sunday.")
