"""Who is at the door of a web application: the host asked for, the site a request comes from, the client's address."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def host_name(host: str) -> str:
    """The name in a Host header, lower case, without the port; IPv6 keeps its brackets. "" when malformed."""
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", host.lower(), re.ASCII)
    return found.group(1) if found else ""


def own_origin(headers: Headers, host: str) -> bool:
    """Whether a changing request comes from our own pages: by Origin, else by Sec-Fetch-Site, else a bare client.

    A client without either header is no browser of the last years, and carries nobody's cookies unasked.
    """
    origin = headers.get("origin")
    if origin is not None and origin != "null":
        try:
            return urlsplit(origin).netloc.lower() == host.lower()
        except ValueError:  # "http://[": whatever sent this is no page of ours
            return False
    site = headers.get("sec-fetch-site")
    if origin == "null":
        return site == "same-origin"
    return site in (None, "same-origin", "none")


def neighbourhood(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 of an IPv6 one, since one household has a whole /64.
    Anything that is no address stands for itself, cut to 60 characters."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def from_here(address: str) -> bool:
    """Whether a request comes from this very machine."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
