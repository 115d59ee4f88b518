"""What fakes of forges share: a real HTTP server on loopback with a log, delays and faults on demand."""

from __future__ import annotations

import threading
import time
import traceback
from abc import ABC, abstractmethod
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from gitops_actions.testing import githttp
from gitops_actions.testing.faults import Fault, Faults, How, When
from gitops_actions.testing.forgewire import Answer, Call, Recorded, operation_of

__all__ = ["Answer", "Call", "ForgeServer", "How", "Recorded", "When"]

_SECRET = frozenset(
    {"authorization", "proxy-authorization", "private-token", "job-token", "deploy-token", "cookie", "x-csrf-token"}
)


class ForgeServer(ABC):
    """Serves a fake while its ``with`` block runs. A subclass says what is answered.

    Args:
        request_delay: seconds that each request takes longer.
        connection_delay: seconds that each new connection takes longer.

    ``requests`` is the log, ``connections`` the number of connections so far. ``lock`` guards the subclass's state:
    requests are answered by several threads.
    """

    def __init__(self, *, request_delay: float = 0.0, connection_delay: float = 0.0) -> None:
        self.request_delay = request_delay
        self.connection_delay = connection_delay
        self.requests: list[Recorded] = []
        self.connections = 0
        self.lock = threading.RLock()
        self._log = threading.Lock()
        self._faults = Faults()
        self._past: object = None
        self._server = _Server(self)
        # A short poll: leaving the block must not cost half a second.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    # --- what a subclass says ---

    @abstractmethod
    def respond(self, call: Call, past: object | None = None) -> Answer:
        """Do what is asked and answer. Called by several threads at once.

        ``past`` is what `remember` returned before the last write, when lists are to show that state; else None.
        """

    @abstractmethod
    def failure(self, status: int, seconds: float) -> Answer:
        """An error of this status as the forge words it; ``seconds`` is for ``Retry-After``."""

    def is_write(self, call: Call) -> bool:
        """Whether a request is meant to change something; GraphQL queries and fetches are not."""
        if call.is_git:
            return call.is_push
        operation = operation_of(call)
        if operation is not None:
            return operation[0] == "mutation"
        return call.method not in ("GET", "HEAD", "OPTIONS")

    def remember(self) -> object:
        """A copy of what lists show, which later writes leave alone; called with the lock before each write."""
        return None

    # --- what a test uses ---

    @property
    def url(self) -> str:
        """The root of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, when: When, how: How, *, seconds: float = 1.0, times: int = 1) -> None:
        """Let a request go wrong: the ``when``-th write from now (1 is the next), or the first ``times`` requests for
        which ``when(recorded)`` is true. The first fault that fits is used up, others wait.

        ``how``:
            a status: nothing is done, and the forge's answer of that status is given (429 with ``Retry-After``);
            an `Answer`: nothing is done, and this is answered;
            ``drop-before``: nothing is done, the connection is closed;
            ``drop-after``: done, and the connection is closed without an answer;
            ``502-after``: done, and answered with 502;
            ``duplicate``: done twice, as a proxy does that repeats it; the second answer is given;
            ``truncate``: done, and the answer breaks off in the middle;
            ``stale``: a list shows the state before the last write;
            ``delay``: the answer comes ``seconds`` later;
            a function: done, and the function is called with the recorded request before the answer is given.
        """
        self._faults.add(when, how, seconds, times)

    def mend(self) -> None:
        """Take away the faults that are still to come."""
        self._faults.clear()

    def writes(self) -> list[Recorded]:
        """The requests so far that were meant to change something."""
        with self._log:
            return [request for request in self.requests if request.write]

    # --- the server's side ---

    def _began(self, call: Call) -> tuple[Recorded, Fault | None]:
        """Note a request; what is to go wrong with it."""
        operation = operation_of(call)
        headers = {name: text for name, text in call.headers.items() if name not in _SECRET}
        with self._log:
            recorded = Recorded(
                number=len(self.requests) + 1,
                method=call.method,
                path=call.target,
                operation=None if operation is None else operation[1] or operation[0],
                write=self.is_write(call),
                token=len(headers) < len(call.headers),
                headers=headers,
                body=call.body,
            )
            self.requests.append(recorded)
            return recorded, self._faults.due(recorded)

    def _done(self, call: Call, write: bool, stale: bool = False) -> Answer:
        if write:
            with self.lock:
                before = self.remember()
            answer = self.respond(call)
            with self.lock:
                self._past = before
            return answer
        return self.respond(call, self._past if stale else None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, owner: ForgeServer) -> None:
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
        with self.server.owner._log:
            self.server.owner.connections += 1
        time.sleep(self.server.owner.connection_delay)

    def log_message(self, format: str, *arguments: object) -> None:
        """`ForgeServer.requests` is the log."""

    def _serve(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): text for name, text in self.headers.items()}
        body = githttp.body_of(self)
        if len(body) < int(headers.get("content-length", 0)):
            # The client died while it was asking: nobody acts on half a request.
            self.close_connection = True
            return
        call = Call(self.command, self.path, headers, body)
        time.sleep(owner.request_delay)
        recorded, fault = owner._began(call)
        how = fault.how if fault else None
        seconds = fault.seconds if fault else 0.0
        if how == "drop-before":
            self.close_connection = True
            return
        if isinstance(how, Answer):
            self._say(recorded, how)
            return
        if isinstance(how, int):
            self._say(recorded, owner.failure(how, seconds))
            return
        answer = self._work(owner, call, recorded, stale=how == "stale")
        if how == "duplicate":
            answer = self._work(owner, call, recorded)
        elif how == "502-after":
            answer = owner.failure(502, seconds)
        elif how == "delay":
            time.sleep(seconds)
        elif callable(how):
            how(recorded)
        if how == "truncate" or (how == "drop-after" and call.is_git):
            # Of git's requests something has to be answered: a client that has seen nothing at all asks again quietly.
            self._say(recorded, answer, cut=0 if how == "drop-after" else len(answer.body) // 2)
        elif how == "drop-after":
            self.close_connection = True
        else:
            self._say(recorded, answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _work(self, owner: ForgeServer, call: Call, recorded: Recorded, *, stale: bool = False) -> Answer:
        began = time.monotonic()
        try:
            return owner._done(call, recorded.write, stale)
        except Exception:
            # A fault of the fake itself. It must be seen, and must not look like a lost connection.
            return Answer(500, {"Content-Type": "text/plain; charset=utf-8"}, traceback.format_exc().encode())
        finally:
            recorded.seconds += time.monotonic() - began

    def _say(self, recorded: Recorded, answer: Answer, cut: int | None = None) -> None:
        recorded.status = answer.status
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Unknown"
        self.send_response(answer.status, reason)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        bare = answer.status in (204, 304)
        if not bare:
            # A broken answer is shorter than it said, even an empty one.
            self.send_header("Content-Length", str(len(answer.body) + (cut is not None)))
        self.end_headers()
        if self.command != "HEAD" and not bare:
            self.wfile.write(answer.body if cut is None else answer.body[:cut])
        self.close_connection = self.close_connection or cut is not None
