"""A real git server on loopback: smart HTTP by `git http-backend`, with tokens, delays and faults on demand."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Literal
from urllib.parse import unquote

How = Literal["drop-before", "drop-after", "502"]
When = Callable[[str, str], bool]


class GitServer:
    """Serves the bare repositories below ``root`` while its block runs.

    Args:
        token: what the password of HTTP Basic must be; None lets everybody in.
        request_delay: seconds that each request takes longer.
        connection_delay: seconds that each new connection takes longer.
        filters: whether partial clones are allowed (``uploadpack.allowFilter``).
    """

    def __init__(
        self,
        root: Path,
        *,
        token: str | None = None,
        request_delay: float = 0.0,
        connection_delay: float = 0.0,
        filters: bool = True,
    ) -> None:
        self.root = root
        self.token = token
        self.request_delay = request_delay
        self.connection_delay = connection_delay
        self.filters = filters
        self.requests: list[tuple[str, str]] = []
        self.connections = 0
        self._faults: list[tuple[When, How]] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        # A short poll: leaving the block must not cost half a second.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The root; repositories are below it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> GitServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, when: int | When, how: How) -> None:
        """Let one request fail, once: the ``when``-th push from now (1 is the next), or the first request for which
        ``when(method, path)`` is true.

        ``drop-before`` closes the connection unread, ``drop-after`` does the work and closes it before the answer is
        told, ``502`` answers so without doing the work.
        """
        self._faults.append((when if callable(when) else _nth_push(when), how))

    def _began(self, method: str, path: str) -> How | None:
        """Note a request; what is to go wrong with it."""
        with self._lock:
            self.requests.append((method, path))
            due = [fault for fault in self._faults if fault[0](method, path)]
            if due:
                self._faults.remove(due[0])
        return due[0][1] if due else None


def backend(
    root: Path,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    user: str = "",
    filters: bool = True,
    extra: Mapping[str, str] | None = None,
) -> tuple[str, list[tuple[str, str]], bytes]:
    """Run http-backend as a CGI program (https://git-scm.com/docs/git-http-backend): (status, headers, body).

    The names of ``headers`` are in lower case; hooks see ``user`` as ``REMOTE_USER``, and the variables
    of ``extra``.
    """
    settings = {
        "http.receivepack": "true",
        "uploadpack.allowFilter": str(filters).lower(),
        "uploadpack.allowAnySHA1InWant": "true",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    environment |= extra or {}
    if user:
        environment["REMOTE_USER"] = user
    for number, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    done = subprocess.run(
        ["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n") if line)
    answered = [(name, value) for name, _, value in lines]
    status = next((value for name, value in answered if name == "Status"), "200 OK")
    return status, [header for header in answered if header[0] != "Status"], content


def body_of(handler: BaseHTTPRequestHandler) -> bytes:
    """The body of the request that a handler has begun to read."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    chunks = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(chunks)


def _nth_push(number: int) -> When:
    seen = 0

    def when(method: str, path: str) -> bool:
        nonlocal seen
        seen += method == "POST" and path.endswith("/git-receive-pack")
        return seen == number

    return when


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, owner: GitServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to print about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.owner.connections += 1
        time.sleep(self.server.owner.connection_delay)

    def log_message(self, format: str, *arguments: object) -> None:
        """`GitServer.requests` is the log."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        owner = self.server.owner
        path, _, query = self.path.partition("?")
        time.sleep(owner.request_delay)
        how = owner._began(self.command, self.path)
        if how == "drop-before":
            self.close_connection = True
            return
        body = body_of(self)
        if how == "502":
            self._answer("502 Bad Gateway", [], b"no answer from the backend\n")
        elif not self._allowed(owner.token):
            self._answer("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')], b"")
        else:
            status, headers, content = backend(
                owner.root,
                method=self.command,
                path=unquote(path),
                query=query,
                headers={name.lower(): text for name, text in self.headers.items()},
                body=body,
                filters=owner.filters,
            )
            # Begun and not finished: a client that has seen nothing at all may quietly ask again.
            lost = how == "drop-after"
            self._answer(status, headers, b"" if lost else content, length=len(content) + lost)
            self.close_connection = self.close_connection or lost

    def _allowed(self, token: str | None) -> bool:
        if token is None:
            return True
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(value).partition(b":")[2] == token.encode()

    def _answer(self, status: str, headers: list[tuple[str, str]], content: bytes, length: int | None = None) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)
