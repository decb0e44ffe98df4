"""One AWS call on the wire: who calls what, and how AWS would refuse it."""

import json
import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
READS = re.compile(r"(Describe|List|Get|Head|Lookup|Filter|Test|Simulate|AssumeRole|Query)")
# the parameter that names the resource of a call, in order of preference
RESOURCE_KEYS = (
    "logGroupName", "destinationName", "policyName", "StreamName", "StreamARN", "resourceArn", "RoleName", "RoleArn", "DeliveryStreamName",
    "DestinationNamePrefix", "logGroupNamePrefix", "PolicyName", "UserName",
)  # fmt: skip


@dataclass
class Call:
    """An API call in any of the protocols."""

    key_id: str = ""
    region: str = ""
    service: str = ""
    operation: str = ""
    params: dict = field(default_factory=dict)
    protocol: str = "rest"
    account: str = ""

    @property
    def is_write(self) -> bool:
        return not READS.match(self.operation)

    @property
    def resource(self) -> str:
        return next((str(self.params[key]) for key in RESOURCE_KEYS if key in self.params), "")


@dataclass
class Refusal(Exception):
    """An error that AWS returns instead of carrying out the call."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def parse(method: str, path: str, headers, body: bytes) -> Call:
    """Parses a request of awsJson, awsQuery or S3's REST; of any other protocol the operation is method and path."""
    call = Call()
    if found := CREDENTIAL.search(headers.get("Authorization", "")):
        call.key_id, call.region, call.service = found.groups()
    content_type = headers.get("Content-Type", "")
    if target := headers.get("X-Amz-Target"):
        call.protocol, call.operation = "json", target.rpartition(".")[2]
        call.params = json.loads(body or b"{}") if "json" in content_type else {}
    elif "x-www-form-urlencoded" in content_type:
        call.params = dict(parse_qsl(body.decode(), keep_blank_values=True))
        call.protocol, call.operation = "query", call.params.pop("Action", "")
        call.params.pop("Version", None)
    else:
        call.operation = f"{method} {path}"
        if call.service == "s3":
            call.operation = {
                "GET": "GetObject",
                "HEAD": "HeadObject",
                "PUT": "PutObject",
                "DELETE": "DeleteObject",
            }.get(method, method)
            call.params = {"resourceArn": path}
    return call


def render(call: Call, refusal: Refusal) -> tuple[int, dict, bytes]:
    """Renders a refusal exactly as the call's protocol has it: status, headers, body."""
    request_id = str(uuid.uuid4())
    if call.protocol == "json":
        body = json.dumps({"__type": refusal.code, "message": refusal.message})
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
    elif call.protocol == "query":
        version = {"iam": "2010-05-08", "sts": "2011-06-15"}.get(call.service, "")
        kind = "Sender" if refusal.status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="https://{call.service}.amazonaws.com/doc/{version}/"><Error><Type>{kind}</Type>'
            f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
    else:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id}
    return refusal.status, headers, body.encode()
