"""No table without policies, no role that passes over them, and no policy that is slow."""

import re

import pytest

from domain import models
from tests import servers
from tests.database import catalog

pytestmark = pytest.mark.usefixtures("own_database")

TABLES = sorted(table.name for table in models.Base.metadata.sorted_tables)


async def names(query: str) -> set[str]:
    return await catalog.read(servers.named(servers.SERVER_URL, servers.OWN), (query,))


async def test_no_table_is_without_forced_policies():
    unprotected = await names(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind = 'r' AND relname <> 'alembic_version' "
        "AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS "
        "(SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid))"
    )
    protected = await names("SELECT DISTINCT tablename FROM pg_policies")

    assert unprotected == set()
    assert sorted(protected) == TABLES


async def test_no_role_of_ours_passes_over_the_policies():
    roles = await names(
        "SELECT rolname || rolsuper || rolbypassrls || rolcreaterole || rolcanlogin "
        "FROM pg_roles WHERE rolname LIKE 'amc\\_%'"
    )

    assert roles == {
        f"amc_{role}falsefalsefalsefalse" for role in ("owner", "api", "worker", "access")
    }


async def test_views_and_functions_give_no_more_than_they_should():
    views = await names(
        "SELECT relname || reloptions::text FROM pg_class "
        "WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
    )
    loose = await names(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND (proowner <> 'amc_access'::regrole OR proconfig IS NULL "
        "OR has_function_privilege('public', oid, 'EXECUTE'))"
    )

    assert views == {"report_runs_overview{security_invoker=true}"}
    assert loose == set()


async def test_policies_ask_their_functions_once_for_a_statement():
    """A function in a sub-select is asked once; without it, it is asked for every row."""
    rules = await names(
        "SELECT format('%s %s: %s %s', tablename, policyname, qual, with_check) "
        "FROM pg_policies WHERE 'amc_api' = ANY (roles)"
    )
    asking = re.compile(r"(app_user_id|my_\w+|\w+_shown_to_me)\(\)")
    in_a_sub_select = re.compile(r"\( SELECT \w+\(\) AS \w+\)")

    assert sum(bool(asking.search(rule)) for rule in rules) > 50
    assert [rule for rule in rules if asking.search(in_a_sub_select.sub("", rule))] == []


async def test_the_role_of_functions_does_what_they_need_and_nothing_else():
    may = await names(
        "SELECT DISTINCT privilege_type || ' ' || table_name || coalesce(': ' || column_name, '') "
        "FROM (SELECT privilege_type, table_name, NULL AS column_name "
        "FROM information_schema.role_table_grants WHERE grantee = 'amc_access' "
        "AND privilege_type IN ('INSERT', 'DELETE') "
        "UNION ALL SELECT privilege_type, '', column_name "
        "FROM information_schema.column_privileges WHERE grantee = 'amc_access' "
        "AND privilege_type = 'UPDATE') AS given"
    )
    pointers = {
        f"{kind}_{noun}"
        for kind in ("report", "workflow")
        for noun in ("id", "execution_id", "schedule_id")
    }
    series = {"series_hash", "template_version_id", "aggregate_fence", "aggregate_lease_until"}
    series.add("started_at")

    assert may == {
        "INSERT users",
        "INSERT archived_workflows",
        "INSERT archived_workflow_executions",
        "INSERT report_executions",
        "INSERT report_schedules",
        "INSERT result_removals",
        "INSERT report_series",
        "DELETE workflows",
        "DELETE workflow_executions",
        "DELETE workflow_schedules",
        "DELETE report_builder_audit",
        "INSERT audit_entries",
        "INSERT inbox_entries",
        "INSERT notices",
        "DELETE audit_entries",
        *(f"UPDATE : {name}" for name in pointers | series | {"shared_with_user_id", "user_id"}),
    }
