"""The listener: passes each AWS call through journal, breakpoint, faults and rules to ministack and back."""

import asyncio
import json
import socket
import struct

from aiohttp import web

from . import control
from .breakpoint import Breakpoint
from .call import Call, Refusal, parse, render
from .delivery import Delivery
from .faults import Fault, Faults, denial, part, refusal, results_of_part
from .gaps import Gaps
from .journal import Entry, Journal
from .rules import Rules
from .upstream import Upstream

BODY_BYTES_MAX = 256 * 1024 * 1024
NO_LINGER = struct.pack("ii", 1, 0)


class Proxy:
    """Stands in front of `upstream`. A test changes `faults` and `breakpoint` while it runs."""

    def __init__(self, upstream: Upstream, rules: Rules, delivery: Delivery):
        self.upstream, self.rules, self.delivery = upstream, rules, delivery
        self.gaps = Gaps(upstream, rules.resources, delivery.metrics)
        self.journal, self.faults, self.breakpoint = Journal(), Faults(), Breakpoint()
        self.endpoint = ""

    async def __aenter__(self):
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        control.add_routes(application, self)
        application.router.add_route("*", "/{path:.*}", self._answer)
        # bodies pass unchanged, and a call that is held for ever must not delay the shutdown
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
        await self._runner.setup()
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def listen(self, port: int) -> str:
        """Binds a local port, 0 for a free one, and returns the endpoint."""
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.endpoint = "http://{}:{}".format(*self._runner.addresses[0])
        return self.endpoint

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        call = parse(request.method, request.path, request.headers, body)
        call.account = await self.upstream.account_of(call.key_id)
        if control.DIRECT in request.headers:
            try:
                return _response(*await self._forward(call, request, body))
            except Refusal as refused:
                return _response(*render(call, refused))

        entry = self.journal.open(call)
        is_held, fault = self.breakpoint.is_at(call), self.faults.next(call)
        if is_held and self.breakpoint.settings.when == "before":
            entry.outcome = "held"
            await self.breakpoint.hold()
        if fault and fault.kind == "partial":
            entry.outcome, entry.code = "injected", fault.kind
            return await self._answer_in_part(call)
        if fault and not fault.lost:
            return await self._fail(call, entry, fault, request)
        try:
            async with self.rules.watch(call):
                answer = await self._forward(call, request, body)
            entry.outcome, entry.status = "forwarded", answer[0]
        except Refusal as refused:
            entry.outcome, entry.code, answer = "refused", refused.code, render(call, refused)
        if is_held:
            entry.outcome = "held"
            await self.breakpoint.hold()
        if fault:
            return await self._fail(call, entry, fault, request)
        return _response(*answer)

    async def _answer_in_part(self, call: Call) -> web.Response:
        taken = {"Records": []}
        if (wanted := part(call.params))["Records"]:
            taken = await self.upstream.json(call.account, call.region, call.service, call.operation, wanted)
        answer = json.dumps(results_of_part(taken, len(call.params["Records"]))).encode()
        return _response(200, {"Content-Type": "application/x-amz-json-1.1"}, answer)

    async def _forward(self, call: Call, request: web.Request, body: bytes) -> tuple[int, dict, bytes]:
        is_shared = call.is_write and "logGroupName" not in call.params
        if is_shared:
            self.rules.resources.forget()
        filled = await self.gaps.answer(call)
        bounded = await self.gaps.bounded(call)
        if bounded is not None:
            status, headers, answer = bounded
        elif filled is not None:
            status, headers, answer = 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(filled).encode()
        else:
            before = await self.gaps.before(call)
            status, headers, answer = await self.upstream.forward(request.method, request.raw_path, request.headers, body)
            if status < 300:
                answer = await self.gaps.after(call, before, answer)
        if is_shared:
            self.rules.resources.forget()
        if status < 300:
            await self.delivery.follow(call)
            if control.DIRECT not in request.headers:
                answer = self.rules.note(call, answer)
        return status, headers, answer

    async def _fail(self, call: Call, entry: Entry, fault: Fault, request: web.Request) -> web.Response:
        entry.outcome, entry.code = "injected", fault.kind
        if fault.kind in ("error", "throttle"):
            return _response(*render(call, refusal(fault.kind, call.service)))
        if fault.kind == "denied":
            return _response(*render(call, denial(call)))
        if fault.kind == "hang":
            await asyncio.sleep(self.faults.settings.hang_seconds)
        if transport := request.transport:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            transport.abort()
        return web.Response()


def _response(status: int, headers: dict, body: bytes) -> web.Response:
    # a rule may have changed the body, so its length is computed again; only HEAD states one without a body
    kept = {name: value for name, value in headers.items() if not body or name.lower() != "content-length"}
    return web.Response(status=status, headers=kept, body=body)
