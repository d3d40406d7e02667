"""Settings: what is wrong or missing is told by name, all of it at once, and never its value."""

import os
import re

import pytest

from domain.settings import NEEDS, Settings
from local.environment import wrong_settings
from tests.local.command_line import amc_reports

NAMES = sorted(Settings.model_fields)
BAD = (
    *("s3cret", "-1", "0.5.5", "1e999", "nan", "-inf", "9" * 400, "²", "maybe", "a b", "\t"),
    *("://", "s3cret://", "http://[", "http://s3cret:99999", "http://host:0", "postgresql://host"),
    *(
        "postgresql://u:s3cret@h:x/db",
        "redis://host:6379/x",
        "unix://",
        "file://",
        "s3://",
        "smtp://",
    ),
    *("smtp://host?tls=s3cret", "*", "https://a/b", "k1:s3cret", "k1:", ":", "[::", "a:b:c", "é @"),
)
# Any text will do for these, as nobody but Amazon or the identity provider can judge it.
FREE = {
    "ai_key",
    "ai_model",
    "amc_client_id",
    "amc_client_secret",
    "token_issuer",
    "token_audience",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Only these variables, and no .env."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name.upper(), raising=False)
    return lambda **given: [monkeypatch.setenv(name, value) for name, value in given.items()]


def test_a_bad_value_is_refused_by_the_name_of_its_setting(environment):
    refused = set()
    for value in BAD:
        environment(**{name.upper(): value for name in NAMES}, SANDBOX_EVENTS=value)
        for sentence in wrong_settings():
            told = re.match(r"([A-Z_]+)(: entry 1)? \w.*\.$", sentence)
            assert told
            refused.add(told[1].lower())
            assert "s3cret" not in sentence
            assert "another value" not in sentence
    assert refused == {*NAMES, "sandbox_events"} - FREE


def test_settings_that_contradict_each_other_are_told(environment):
    environment(
        RETRY_MIN="9",
        RETRY_MAX="3",
        TRUSTED_DOCUMENTS_ONLY="true",
        MAIL_FROM="ann@example.com",
        TOKEN_SECRET="secret",
    )
    assert wrong_settings() == [
        "TOKEN_SECRET has 6 bytes; it takes 32 or more, such as `openssl rand -base64 32` prints.",
        "TRUSTED_DOCUMENTS_ONLY needs the list that TRUSTED_DOCUMENTS names.",
        "RETRY_MAX must not be less than RETRY_MIN.",
        "MAIL_FROM needs the mail server that SMTP_URL names.",
    ]


def test_an_env_file_that_cannot_be_read_is_told(environment, tmp_path):
    (tmp_path / ".env").write_bytes(b"PORT=\xff")
    assert wrong_settings()[0].startswith("The file .env cannot be read: ")


def test_an_empty_setting_is_one_that_is_not_set(environment):
    environment(PORT="", LEASE="", DATABASE_URL="")
    assert wrong_settings() == []
    assert Settings().port == 8000
    assert wrong_settings("operator")[0].startswith("DATABASE_URL or DATABASE_OWNER_URL is not set")
    assert [told.split()[0] for told in wrong_settings("amc")] == [
        *("DATABASE_URL", "ENCRYPTION_KEYS", "AMC_CLIENT_ID", "AMC_CLIENT_SECRET"),
    ]


@pytest.mark.parametrize("process", ["api", "worker", "clock"])
def test_a_process_without_what_it_needs_does_not_start_and_names_all_of_it(process, tmp_path):
    bare = {name.upper(): "" for name in NAMES}
    ended = amc_reports(process, "--folder", tmp_path, **bare | {"LEASE": "soon", "PORT": "abc"})
    assert ended.returncode == 1
    wanted = {need.names[0].upper() for need in NEEDS if process in need.by}
    assert set(re.findall(r"\b([A-Z_]+)(?: or [A-Z_]+)? is not set\.", ended.stderr)) == wanted
    assert "LEASE must be a number of seconds." in ended.stderr
    assert "PORT must be a whole number." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not os.listdir(tmp_path)
