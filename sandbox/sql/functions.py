"""Translates AMC's functions for DuckDB. Every other function is rejected."""

import re
from dataclasses import dataclass
from typing import Literal

Makes = Literal["METRIC", "DIMENSION", "ARGUMENT"]


@dataclass(frozen=True)
class Function:
    """A function: its number of arguments, and its SQL. `{args}` stands for all arguments."""

    least: int
    most: int
    sql: str


@dataclass(frozen=True)
class Aggregate:
    """An aggregate function. `counts` is true if it reveals only how many rows there are."""

    least: int
    most: int
    sql: str
    makes: Makes = "METRIC"
    counts: bool = False
    adds: bool = False  # a user who adds zero does not contribute


MANY = 99
DECIMAL = "DECIMAL(38, 8)"


def divide(above: str, below: str) -> str:
    """Division that never truncates and returns a decimal, as money must not become a float."""
    return f"TRY_CAST(CAST({above} AS DOUBLE) / nullif(CAST({below} AS DOUBLE), 0) AS {DECIMAL})"


# NULL among the arguments makes the result NULL. DuckDB would skip it.
_ANY_NULL = "CASE WHEN list_count([{args}]) < len([{args}]) THEN NULL ELSE {name}({args}) END"

SCALARS: dict[str, Function] = {
    "CHARINDEX": Function(
        2, 3, "CASE WHEN instr(substr({1}, {2|1}), {0}) = 0 THEN 0 "
        "ELSE instr(substr({1}, {2|1}), {0}) + {2|1} - 1 END",
    ),
    "CONCAT": Function(1, MANY, "concat({args})"),
    "INSTR": Function(2, 2, "instr({0}, {1})"),
    "STRPOS": Function(2, 2, "instr({0}, {1})"),
    "LEFT": Function(2, 2, "left({0}, {1})"),
    "RIGHT": Function(2, 2, "right({0}, {1})"),
    "LENGTH": Function(1, 1, "length({0})"),
    "CHAR_LENGTH": Function(1, 1, "length({0})"),
    "LOWER": Function(1, 1, "lower({0})"),
    "UPPER": Function(1, 1, "upper({0})"),
    "LTRIM": Function(1, 1, "ltrim({0})"),
    "RTRIM": Function(1, 1, "rtrim({0})"),
    "REPLACE": Function(3, 3, "replace({0}, {1}, {2})"),
    "REGEXP_REPLACE": Function(3, 3, "regexp_replace({0}, {1}, {2}, 'g')"),
    "REGEXP_SUBSTR": Function(2, 2, "nullif(regexp_extract({0}, {1}), '')"),
    "REGEXP_SPLIT": Function(2, 2, "regexp_split_to_array({0}, {1})"),
    "STR_TO_MAP": Function(
        3, 3, "map_from_entries(list_transform(string_split({0}, {1}), "
        "lambda part: (split_part(part, {2}, 1), split_part(part, {2}, 2))))",
    ),
    "ABS": Function(1, 1, "abs({0})"),
    "CEIL": Function(1, 1, "CAST(ceil({0}) AS BIGINT)"),
    "FLOOR": Function(1, 1, "CAST(floor({0}) AS BIGINT)"),
    "E": Function(0, 0, "exp(1)"),
    "EXP": Function(1, 1, "exp({0})"),
    "LN": Function(1, 1, "CASE WHEN {0} > 0 THEN ln({0}) END"),
    "LOG": Function(2, 2, "CASE WHEN {0} > 0 AND {1} > 0 THEN ln({1}) / ln({0}) END"),
    "LOG10": Function(1, 1, "CASE WHEN {0} > 0 THEN log10({0}) END"),
    "POWER": Function(2, 2, "power({0}, {1})"),
    "RANDOM": Function(0, 0, "random()"),
    "RAND": Function(0, 0, "random()"),
    "ROUND": Function(1, 2, "round({0}, {1|0})"),
    "SQRT": Function(1, 1, "CASE WHEN {0} >= 0 THEN sqrt({0}) END"),
    "TRUNC": Function(1, 2, "trunc(({0}) * power(10, {1|0})) / power(10, {1|0})"),
    "MOD": Function(2, 2, "({0} % nullif({1}, 0))"),
    "SIGN": Function(1, 1, "sign({0})"),
    "CONVERT_TIME_ZONE_FROM_UTC": Function(
        2, 2, "(CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC' AT TIME ZONE {1})"
    ),
    "DATE_TRUNC": Function(2, 2, "date_trunc({0}, {1})"),
    "DAYOFMONTH": Function(1, 1, "day({0})"),
    "DAYOFWEEK": Function(1, 1, "(dayofweek({0}) + 1)"),
    "DAYOFYEAR": Function(1, 1, "dayofyear({0})"),
    "EPOCH_TO_UTC_TIMESTAMP": Function(
        1, 1, "make_timestamp(CASE WHEN abs(CAST({0} AS BIGINT)) > 99999999999 "
        "THEN CAST({0} AS BIGINT) * 1000 ELSE CAST({0} AS BIGINT) * 1000000 END)",
    ),
    "HOUR": Function(1, 1, "hour(CAST({0} AS TIMESTAMP))"),
    "MINUTE": Function(1, 1, "minute(CAST({0} AS TIMESTAMP))"),
    "SECOND": Function(1, 1, "second(CAST({0} AS TIMESTAMP))"),
    "MONTH": Function(1, 1, "month({0})"),
    "QUARTER": Function(1, 1, "quarter({0})"),
    "WEEK": Function(1, 1, "week({0})"),
    "YEAR": Function(1, 1, "year({0})"),
    "SECONDS_BETWEEN": Function(
        2, 2, "date_sub('second', CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP))"
    ),
    "COALESCE": Function(1, MANY, "coalesce({args})"),
    "IFNULL": Function(2, MANY, "coalesce({args})"),
    "NVL": Function(2, MANY, "coalesce({args})"),
    "NVL2": Function(3, 3, "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END"),
    "NULLIF": Function(2, 2, "nullif({0}, {1})"),
    "GREATEST": Function(1, MANY, _ANY_NULL.replace("{name}", "greatest")),
    "LEAST": Function(1, MANY, _ANY_NULL.replace("{name}", "least")),
    "CONTAINED_IN": Function(2, MANY, "coalesce({0} IN ({rest}), FALSE)"),
    "ARRAY_CAT": Function(2, 2, "list_concat({0}, {1})"),
    "ARRAY_COMPLEMENT": Function(
        2, 2, "list_filter({0}, lambda one: NOT list_contains({1}, one))"
    ),
    "ARRAY_CONTAINS": Function(2, 2, "coalesce(list_contains({0}, {1}), FALSE)"),
    "ARRAY_DISTINCT": Function(
        1, 1, "list_filter({0}, lambda one, place: list_position({0}, one) = place)"
    ),
    "ARRAY_INTERSECT": Function(2, 2, "list_sort(list_intersect({0}, {1}))"),
    "ARRAY_REMOVE": Function(2, 2, "list_filter({0}, lambda one: one IS DISTINCT FROM {1})"),
    "ARRAY_SORT": Function(1, 1, "list_sort({0})"),
    "ARRAY_TO_STRING": Function(2, 2, "array_to_string({0}, {1})"),
    "ARRAY_UNION": Function(2, 2, "list_sort(list_distinct(list_concat({0}, {1})))"),
    "CARDINALITY": Function(1, 1, "len({0})"),
    "FLATTEN": Function(1, 1, "flatten({0})"),
    "EXPLODE": Function(1, 1, "unnest({0})"),
    "HASH64": Function(1, 1, "CAST(hash({0}) % 9223372036854775807 AS BIGINT)"),
    "MD5": Function(1, 1, "md5({0})"),
    "SHA1": Function(1, 1, "sha1({0})"),
    "UUID": Function(0, 0, "CAST(gen_random_uuid() AS VARCHAR)"),
    "FROM_VARBINARY": Function(
        2, 2, "CASE lower({1}) WHEN 'hex' THEN lower(hex({0})) WHEN 'base64' THEN to_base64({0}) "
        "ELSE decode({0}) END",
    ),
    "TO_VARBINARY": Function(
        2, 2, "CASE lower({1}) WHEN 'hex' THEN unhex({0}) WHEN 'base64' THEN from_base64({0}) "
        "ELSE encode({0}) END",
    ),
    "JSON_EXTRACT": Function(2, 2, "json_extract_string({0}, {1})"),
    "JSON_SERIALIZE": Function(1, 1, "CAST(to_json({0}) AS VARCHAR)"),
}  # fmt: skip
SCALARS["LOCATE"] = SCALARS["CHARINDEX"]
SCALARS["CEILING"] = SCALARS["CEIL"]

AGGREGATES: dict[str, Aggregate] = {
    "AVG": Aggregate(1, 1, "CAST(avg({0}) AS DECIMAL(38, 8))", adds=True),
    "COUNT": Aggregate(1, 1, "count({0})", counts=True),
    "APPROX_COUNT_DISTINCT": Aggregate(1, 1, "count(DISTINCT {0})", counts=True),
    "MIN": Aggregate(1, 1, "min({0})", "ARGUMENT"),
    "MAX": Aggregate(1, 1, "max({0})", "ARGUMENT"),
    "SUM": Aggregate(1, 1, "sum({0})", adds=True),
    "COLLECT": Aggregate(1, 1, "list({0})", "DIMENSION"),
    "MEDIAN": Aggregate(1, 1, "median({0})"),
    "PERCENTILE": Aggregate(2, 2, "quantile_cont({0}, {1})"),
    "APPROX_PERCENTILE": Aggregate(2, 2, "quantile_cont({0}, {1})"),
    "STDDEV": Aggregate(1, 1, "stddev_samp({0})"),
    "STDDEV_SAMP": Aggregate(1, 1, "stddev_samp({0})"),
    "STDDEV_POP": Aggregate(1, 1, "stddev_pop({0})"),
    "VARIANCE": Aggregate(1, 1, "var_samp({0})"),
    "VAR_SAMP": Aggregate(1, 1, "var_samp({0})"),
    "VAR_POP": Aggregate(1, 1, "var_pop({0})"),
    "SKEWNESS": Aggregate(1, 1, "skewness({0})"),
}

# These need OVER.
WINDOWS: dict[str, Function] = {
    "ROW_NUMBER": Function(0, 0, "row_number()"),
    "RANK": Function(0, 0, "rank()"),
    "DENSE_RANK": Function(0, 0, "dense_rank()"),
    "PERCENT_RANK": Function(0, 0, "percent_rank()"),
    "CUME_DIST": Function(0, 0, "cume_dist()"),
    "LAG": Function(1, 3, "lag({args})"),
    "LEAD": Function(1, 3, "lead({args})"),
    "FIRST_VALUE": Function(1, 1, "first_value({0})"),
    "LAST_VALUE": Function(1, 1, "last_value({0})"),
}

INTERVALS = {"DATE_ADD", "DATE_SUB", "DATEDIFF", "DATE_DIFF", "DATEADD", "TIMESTAMPDIFF"}


HOLES = re.compile(r"\{(?:(args)|(rest)|(\d)(?:\|(\d))?)\}")


def fill(sql: str, arguments: list[str], wrap: str = "({})") -> str:
    """The SQL of a call. `{2|1}` is the third argument, or 1 without one."""

    def hole(match: re.Match[str]) -> str:
        everything, rest, place, otherwise = match.groups()
        if everything:
            return ", ".join(arguments)
        if rest:
            return ", ".join(arguments[1:])
        if int(place) < len(arguments):
            return wrap.format(arguments[int(place)])
        return otherwise or "NULL"

    return HOLES.sub(hole, sql)
