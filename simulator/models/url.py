"""A server's address, as it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from simulator.errors import UsageError

__all__ = ["public_url"]


def public_url(url: str) -> str:
    """The address without user, password, query and fragment. Raises UsageError where it is no address."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no server's address; expected something like http://127.0.0.1:8000/v1")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/")
