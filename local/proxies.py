"""Proxies of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY). This machine needs none."""

import ipaddress
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
SCHEMES = ("http", "https", "socks5", "socks5h")
# The servers that may be on this machine.
ADDRESSES = ("PUBLIC_URL", "AMC_API_URL", "AMC_TOKEN_URL", "TOKEN_JWKS_URL", "SANDBOX_PUBLIC_URL")


def given(env: Mapping[str, str]) -> dict[str, str]:
    """The proxies that the environment names, by variable. Lower case goes first, as everywhere."""
    found = {name: env.get(name.lower()) or env.get(name, "") for name in NAMES}
    return {name: value for name, value in found.items() if value}


def spare_this_machine(env: MutableMapping[str, str], *hosts: str | None) -> None:
    """Have no proxy asked for this machine: for its usual names, these hosts, and its settings."""
    if not given(env):
        return
    there = env.get("no_proxy") or env.get("NO_PROXY", "")
    ours = [*LOOPBACK, *filter(None, hosts), *filter(_is_here, _hosts(env))]
    spared = dict.fromkeys([*filter(None, map(str.strip, there.split(","))), *ours])
    env["NO_PROXY"] = env["no_proxy"] = ",".join(spared)


def _hosts(env: Mapping[str, str]) -> Iterator[str]:
    for name in ADDRESSES:
        with suppress(ValueError):  # the check of settings tells
            yield urlsplit(env.get(name, "")).hostname or ""


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.endswith(".localhost")


def wrong(env: Mapping[str, str]) -> list[str]:
    """A sentence for each proxy that cannot be used. It does not contain the value."""
    told = []
    for name, value in given(env).items():
        parts = parsed(value)
        if parts is None:
            told.append(f"{name} must be a URL such as http://proxy:3128.")
        elif parts.scheme.startswith("socks") and find_spec("socksio") is None:
            told.append(
                f"{name} names a SOCKS proxy, which needs a package: pip install socksio. "
                "Or unset it, or name an HTTP proxy."
            )
    return told


def parsed(value: str) -> SplitResult | None:
    """The URL of a proxy, whose scheme may be left out. None if it is none."""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        fits = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if fits else None
