"""The understudy on a loopback port."""

from __future__ import annotations

import socket

import uvicorn

from simulator.errors import UsageError
from simulator.models.server import application
from simulator.play.types import Play

__all__ = ["serve_understudy"]


def serve_understudy(play: Play, port: int) -> None:
    """Serve until interrupted. Raises UsageError where the port is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise UsageError(f"port {port} cannot be used: {error.strerror}") from None
    print(f"the understudy of {play.id} answers at http://127.0.0.1:{listening.getsockname()[1]}/v1", flush=True)
    config = uvicorn.Config(application(play), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])
