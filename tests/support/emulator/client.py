"""An AWS client for the tests themselves, which calls as any account."""

import base64
import datetime
import threading

import botocore.config
import botocore.exceptions
import botocore.session


class Client:
    """botocore against `endpoint`. Its clients are cached: creating one takes longer than a call."""

    def __init__(self, endpoint: str, header: str):
        self._endpoint, self._header = endpoint, header
        self._session = botocore.session.Session()
        self._clients, self._lock = {}, threading.Lock()

    def call(self, account: str, region: str, service: str, operation: str, params: dict) -> dict:
        """Returns the `result`, or AWS's `error` as `code` and `message`; bytes are `{"$base64": "…"}` both ways."""
        try:
            method = getattr(self._client(account, region, service), botocore.xform_name(operation))
            result = method(**_from_json(params))
        except botocore.exceptions.ClientError as error:
            detail = error.response["Error"]
            return {"error": {"code": detail.get("Code", ""), "message": detail.get("Message", "")}}
        except (AttributeError, botocore.exceptions.BotoCoreError) as error:
            raise ValueError(f"{service} {operation}: {error}") from error
        result.pop("ResponseMetadata", None)
        return {"result": _to_json(result)}

    def _client(self, account: str, region: str, service: str):
        key = (account, region, service)
        with self._lock:
            if key not in self._clients:
                config = botocore.config.Config(
                    retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32
                )
                client = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=account,
                    aws_secret_access_key="test",
                    config=config,
                )
                client.meta.events.register("before-send.*", self._mark)
                self._clients[key] = client
            return self._clients[key]

    def _mark(self, request, **_) -> None:
        request.headers[self._header] = "1"


def _from_json(value):
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
