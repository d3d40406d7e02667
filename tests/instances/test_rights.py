"""What `viewerCan` of instances and accounts says, against what really happens, by role and act."""

from typing import Any

import pytest

from domain import ids
from tests.graph.front_door import execute
from tests.people.people import join, person

NEW = "newcomer@example.com"
SAYS = """
query($id: ID!) { node(id: $id) {
  ... on Instance { viewerCan account { id } }
  ... on Account { accountCan: viewerCan }
} }
"""
MEMBER = (
    f'instanceMemberSet(instanceId: $id, email: "{NEW}", role: VIEWER) {{ role person {{ name }} }}'
)
ACTS = {  # each act by a mutation, in a state in which it has an effect
    "CHANGE": "instanceChange(id: $id, change: {maxConcurrent: 7}) { id }",
    "PAUSE": 'instanceChange(id: $id, change: {isPaused: true, pauseNote: "Why"}) { id }',
    "RESUME": "instanceChange(id: $id, change: {isPaused: false}) { id }",
    "SET_MEMBERS": MEMBER,
    "RENEW_TOKEN": 'accountTokenRenew(id: $id, refreshToken: "Atzr|new") { id }',
}
ROLES = ("viewer", "editor", "admin", "of another instance", "nobody")


@pytest.fixture
async def people(instance, elsewhere) -> dict[str, Any]:
    """A person of each role."""
    found = {name: await person(name.split()[-1].title()) for name in ROLES}
    for name in ("viewer", "editor", "admin"):
        await join(found[name], instance.id, name)
    await join(found["of another instance"], elsewhere.id, "admin")
    await person("Newcomer")
    return found


async def says(viewer: Any, public_id: str) -> list[str]:
    answer = await execute(viewer, SAYS, id=public_id)
    told = answer.data["node"] or {}
    return list(told.get("viewerCan") or told.get("accountCan") or ())


async def test_what_is_told_is_what_happens(people, instance):
    place = ids.encode("inst", instance.id)
    account = ids.encode("acc", instance.account_id)
    seen = await execute(people["viewer"], SAYS, id=place)
    assert seen.data["node"]["account"] == {"id": account}

    differences = []
    for is_paused in (False, True):
        if is_paused:
            await execute(people["admin"], f"mutation($id: ID!) {{ {ACTS['PAUSE']} }}", id=place)
        for role, viewer in people.items():
            told = [*await says(viewer, place), *await says(viewer, account)]
            for act, mutation in ACTS.items():
                if act in ("PAUSE", "RESUME") and (act == "PAUSE") == is_paused:
                    assert act not in told, "it would change nothing"
                    continue
                if role == "admin" and act in ("PAUSE", "RESUME"):
                    assert act in told
                    continue  # the other state would follow
                to = account if act == "RENEW_TOKEN" else place
                answer = await execute(viewer, f"mutation($id: ID!) {{ {mutation} }}", id=to)
                if (not answer.errors) != (act in told):
                    differences.append((role, act, told, answer.errors))
                elif answer.errors:
                    code = (answer.errors[0].extensions or {})["code"]
                    assert code == ("FORBIDDEN" if role in ("viewer", "editor") else "NOT_FOUND")
        resumed = await execute(
            people["admin"], f"mutation($id: ID!) {{ {ACTS['RESUME']} }}", id=place
        )
        assert not resumed.errors
    assert differences == []
    assert "READ_AUDIT" in await says(people["admin"], place)
    assert await says(people["editor"], place) == []
