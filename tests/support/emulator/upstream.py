"""Talks to ministack: forwards calls unchanged, and makes calls of its own as any account."""

import json
import time
from urllib.parse import urlencode

import aiohttp

from .call import Refusal

# headers of the connection, not of the message
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect"}
# headers that aiohttp would add to a request
ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
TARGETS = {"logs": "Logs_20140328", "kinesis": "Kinesis_20131202", "firehose": "Firehose_20150804"}
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
ANSWER_SECONDS_MAX = 300


class Upstream:
    """ministack on a local port."""

    def __init__(self, port: int):
        self.endpoint = f"http://127.0.0.1:{port}"
        self._accounts = {}

    async def __aenter__(self):
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX), auto_decompress=False, skip_auto_headers=ADDED
        )
        return self

    async def __aexit__(self, *_):
        await self._session.close()

    async def forward(self, method: str, path: str, headers, body: bytes) -> tuple[int, dict, bytes]:
        """Passes a request on, its Host header too, which the signature covers."""
        url = aiohttp.client.URL(self.endpoint + path, encoded=True)
        asked = self._session.request(method, url, headers=_kept(headers), data=body or None, allow_redirects=False)
        async with asked as answer:
            return answer.status, _kept(answer.headers), await answer.read()

    async def json(self, account: str, region: str, service: str, operation: str, params: dict) -> dict:
        """Makes an awsJson call. Raises `Refusal` with ministack's error."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGETS[service]}.{operation}",
        }
        status, body = await self._named(account, region, service, headers, json.dumps(params).encode())
        answer = json.loads(body or b"{}")
        if status >= 300:
            raise Refusal(answer.get("__type", "").rpartition("#")[2], answer.get("message", ""), status)
        return answer

    async def query(self, account: str, region: str, service: str, operation: str, params: dict) -> tuple[int, str]:
        """Makes an awsQuery call: status and XML."""
        form = urlencode({"Action": operation, "Version": VERSIONS[service], **params}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = await self._named(account, region, service, headers, form)
        return status, body.decode()

    async def account_of(self, key_id: str) -> str:
        """The account of an access key: ministack takes a twelve-digit key for the account's own."""
        if not key_id or (key_id.isdigit() and len(key_id) == 12):
            return key_id
        if key_id not in self._accounts:
            status, body = await self.query(
                "000000000000", "us-east-1", "sts", "GetAccessKeyInfo", {"AccessKeyId": key_id}
            )
            self._accounts[key_id] = body.partition("<Account>")[2].partition("<")[0] if status == 200 else ""
        return self._accounts[key_id]

    async def _named(self, account: str, region: str, service: str, headers: dict, body: bytes) -> tuple[int, bytes]:
        now = time.gmtime()
        credential = f"{account}/{time.strftime('%Y%m%d', now)}/{region}/{service}/aws4_request"
        # for a root key ministack does not check the signature, not even with AUTH
        headers |= {
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", now),
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}",
        }
        status, _, answer = await self.forward("POST", "/", headers, body)
        return status, answer


def _kept(headers) -> dict:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
