"""What a test says to the emulator over HTTP, below a path that AWS never uses; JSON in, JSON out, always POST."""

import asyncio
import base64
import datetime
import threading

import botocore.config
import botocore.exceptions
import botocore.session
from aiohttp import web

from .faults import Faults
from .halt import Halt
from .journal import Journal
from .upstream import SECRET

ROOT = "/_catchment"
BY_HAND = "X-Catchment-By-Hand"
"""The header that marks what a test does to the world itself: no rule, fault, halt or journal applies to it."""
HALT_SECONDS_MAX = 60.0


def add_routes(application: web.Application, proxy) -> None:
    """One route a verb."""
    hand = Hand(proxy)

    async def faults(settings: dict) -> dict:
        """`faults.Settings`; what is not given is the default, so `{}` ends all faults."""
        proxy.faults = Faults(**settings)
        return {}

    async def rules(settings: dict) -> dict:
        """Changes what is given of `rules.Settings`."""
        proxy.rules.change(settings)
        return {}

    async def halt(settings: dict) -> dict:
        """`halt.Settings`, and counting begins anew."""
        proxy.halt = Halt(**settings)
        return {}

    async def halted(wait: dict) -> dict:
        """Waits until the call is held: `{"halted": bool}` after `seconds` at most."""
        try:
            await asyncio.wait_for(proxy.halt.reached.wait(), wait.get("seconds", HALT_SECONDS_MAX))
            return {"halted": True}
        except TimeoutError:
            return {"halted": False}

    async def calls(_: dict) -> list:
        """The journal since the start or the last `forget`."""
        return proxy.journal.as_json()

    async def forget(_: dict) -> dict:
        """Empties the journal."""
        proxy.journal = Journal()
        return {}

    async def delivered(_: dict) -> dict:
        """What log events went where."""
        return proxy.delivery.as_json()

    async def aws(order: dict) -> dict:
        """One API call by hand: `account`, `region`, `service`, `operation`, `params` -> `result` or `error`."""
        return await asyncio.to_thread(hand.call, **order)

    for act in (faults, rules, halt, halted, calls, forget, delivered, aws):
        application.router.add_post(f"{ROOT}/{act.__name__}", _endpoint(act))


def _endpoint(act):
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await act(await request.json()))
        except (TypeError, ValueError, botocore.exceptions.BotoCoreError) as mistake:
            return web.json_response({"mistake": f"{type(mistake).__name__}: {mistake}"}, status=400)

    return answer


class Hand:
    """botocore in any account's name, past the rules. Clients are kept: making one takes longer than a call."""

    def __init__(self, proxy):
        self._proxy, self._clients, self._lock = proxy, {}, threading.Lock()
        self._session = botocore.session.Session()

    def call(self, account: str, region: str, service: str, operation: str, params: dict) -> dict:
        client = self._client(account, region, service)
        try:
            method = getattr(client, botocore.xform_name(operation))
            result = method(**_from_json(params))
        except botocore.exceptions.ClientError as error:
            detail = error.response["Error"]
            return {"error": {"code": detail.get("Code", ""), "message": detail.get("Message", "")}}
        result.pop("ResponseMetadata", None)
        return {"result": _to_json(result)}

    def _client(self, account: str, region: str, service: str):
        with self._lock:
            key = (account, region, service)
            if key not in self._clients:
                client = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._proxy.endpoint,
                    aws_access_key_id=account,
                    aws_secret_access_key=SECRET,
                    config=botocore.config.Config(
                        retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32
                    ),
                )
                client.meta.events.register(
                    "before-send.*", lambda request, **_: request.headers.__setitem__(BY_HAND, "1")
                )
                self._clients[key] = client
            return self._clients[key]


def _from_json(value):
    """Bytes come as `{"$base64": "…"}`."""
    if isinstance(value, dict):
        if list(value) == ["$base64"]:
            return base64.b64decode(value["$base64"])
        return {key: _from_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_from_json(part) for part in value]
    return value


def _to_json(value):
    if isinstance(value, dict):
        return {key: _to_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_to_json(part) for part in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return {"$base64": base64.b64encode(value).decode()}
    return value
