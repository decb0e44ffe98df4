"""What the page of the schemas says in words: conditions, and values that follow from several fields."""

import functools
import ipaddress
import re
from dataclasses import dataclass

import strict

UNDECIDED = object()
THERE_IS = re.compile("there is an? `([^`]+)`")
ARE_THERE = re.compile(r"(`[^`]+`(?:(?:, | and )`[^`]+`)*) (?:is|are) (there|absent)")
NO_ADDRESS = "it is no IP address"
# OCSF's captions, of https://github.com/ocsf/ocsf-schema.
CAPTIONS = {
    "status_id": {"1": "Success", "2": "Failure"},
    "severity_id": {"0": "Unknown", "1": "Informational", "2": "Low", "3": "Medium", "4": "High", "5": "Critical"},
}
# Where a sign-in says how it went: of the console, of IAM Identity Center.
SIGN_IN = (
    "responseElements.ConsoleLogin",
    "serviceEventDetails.CredentialChallenge",
    "serviceEventDetails.CredentialVerification",
    "serviceEventDetails.UserAuthentication",
)
# Where a finding says whether GuardDuty blocked an action.
ACTIONS = ("networkConnectionAction", "portProbeAction", "dnsRequestAction")
BLOCKED = tuple(f"detail.service.action.{action}.blocked" for action in ACTIONS)
ACTIVITIES = {
    "4001": {"0": "Unknown", "5": "Refuse", "6": "Traffic"},
    "2004": {"1": "Create", "2": "Update", "3": "Close"},
    "6003": {"2": "Read"},
}


@dataclass(frozen=True)
class Number:
    """A number as it was written."""

    text: str


@functools.cache
def paths(rows):
    """All paths that stand in the texts of the rows, also those in words. The names of an object's members are none."""
    named = set().union(*(re.findall(r"(?<!\{)(?<!; )`([^`]+)`", row.text) for row in rows))
    return named | set(BLOCKED if any(path.startswith("detail.") for path in named) else SIGN_IN)


def value(row, whole, given):
    """What stands in the place of a row whose text is in words. `whole` is the document so far."""
    return WORDS[row.text](whole, given)


def scalar(value):
    """A string without its escapes, or a number or a word as it is; None for an object and an array."""
    if value.kind == "string":
        return strict.unescaped(value.text)
    return value.text if value.kind in ("number", "word") else None


def is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # An address of one machine's own view is none for anybody else.
    return "%" not in text


def text_of(given, path):
    value = given.fields.get(path)
    return value if isinstance(value, str) else None if value is None else scalar(value)


def holds(condition, given):
    """Whether a condition holds; None if its words are not known."""
    if plain := THERE_IS.fullmatch(condition):
        return there_is(given, plain[1])
    if found := ARE_THERE.fullmatch(condition):
        return all((given.fields.get(path) is not None) == (found[2] == "there") for path in re.findall("`([^`]+)`", found[1]))
    return CONDITIONS[condition](given)


def there_is(given, path):
    """Whether there is anything, of whatever type, but for an empty string."""
    return given.fields.get(path) is not None and text_of(given, path) != ""


def direction(given):
    return text_of(given, "flow-direction")


CONDITIONS = {
    # Whoever asks knows the value.
    NO_ADDRESS: lambda _: None,
    "`flow-direction` is `egress`": lambda given: direction(given) == "egress",
    "`flow-direction` is `ingress`": lambda given: direction(given) == "ingress",
    "`flow-direction` does not say whose it is": lambda given: direction(given) not in ("egress", "ingress"),
    "`pkt-srcaddr` is another": lambda given: text_of(given, "pkt-srcaddr") not in (None, text_of(given, "srcaddr")),
    "`pkt-dstaddr` is another": lambda given: text_of(given, "pkt-dstaddr") not in (None, text_of(given, "dstaddr")),
    "there are `requestParameters`": lambda given: there_is(given, "requestParameters"),
    "there is no `requestParameters.roleArn`": lambda given: not there_is(given, "requestParameters.roleArn"),
    "`sourceIPAddress` is no address": lambda given: not is_address(text_of(given, "sourceIPAddress") or ""),
    "`userIdentity` has no ARN and no account": lambda given: not there_is(given, "userIdentity.arn")
    and not there_is(given, "userIdentity.accountId"),
    "`userIdentity` says nothing of a caller": lambda _: None,
    "`detail.service.archived` is `true`": lambda given: text_of(given, "detail.service.archived") == "true",
    "there is `detail.resource`": lambda given: there_is(given, "detail.resource"),
    "there is no ARN": lambda given: not any(there_is(given, name) for name in ("ARN", "arn", "ARNPrefix")),
    "`connectionDirection` is OUTBOUND": lambda _: None,
    "it is anything else": lambda _: None,
    "there is an address, and a city or a country": lambda _: None,
    "there is `api`": lambda _: None,
    "there is an address": lambda _: None,
    "there is a name or an id of the user": lambda _: None,
    "the process has an id and a path": lambda _: None,
    "the process has an id": lambda _: None,
    **{
        f"`resourceType` is {kind}": lambda given, kind=kind: text_of(given, "detail.resource.resourceType") == kind
        for kind in ("Instance", "AccessKey", "Container")
    },
    **{
        f"`tcp-flags` has the bit {bit}": lambda given, bit=bit: bool(int(text_of(given, "tcp-flags") or 0) & bit)
        for bit in (1, 2, 4, 8, 16, 32)
    },
    "`userIdentity.type` is AWSService": lambda given: text_of(given, "userIdentity.type") == "AWSService",
    "that is an address of e-mail": lambda _: None,
    "there is no `uid`": lambda given: not there_is(given, "uid"),
    "there are no resources of a sequence": lambda given: not there_is(given, "detail.service.detection.sequence.resources"),
    "`Type` is A or AAAA": lambda given: text_of(given, "Type") in ("A", "AAAA"),
    "`Type` is CNAME or PTR": lambda given: text_of(given, "Type") in ("CNAME", "PTR"),
    "that is a name": lambda given: False if is_address(text_of(given, "sourceIPAddress") or "::") else None,
}


def failed(given):
    return any(there_is(given, name) for name in ("errorCode", "errorMessage"))


def outcome(_, given):
    login = text_of(given, "eventName") == "ConsoleLogin" and text_of(given, "responseElements.ConsoleLogin") != "Success"
    return "failure" if failed(given) or login else "success"


def status(_, given):
    return Number("2" if failed(given) or "Failure" in (text_of(given, path) for path in SIGN_IN) else "1")


def flow_activity(_, given):
    return Number({"ACCEPT": "6", "REJECT": "5"}.get(text_of(given, "action"), "0"))


def finding_activity(_, given):
    if text_of(given, "detail.service.archived") == "true":
        return Number("3")
    return Number("2" if there_is(given, "detail.service.count") and text_of(given, "detail.service.count") != "1" else "1")


def call_activity(_, given):
    return Number("2") if text_of(given, "readOnly") == "true" else UNDECIDED


def severity(words):
    """By GuardDuty's ranges (docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html)."""

    def of(_, given):
        found = text_of(given, "detail.severity")
        if found is None:
            return words[0]
        if not re.fullmatch(r"\d{1,3}(\.\d+)?", found):
            return UNDECIDED
        return next((word for least, word in zip((9, 7, 4, 1), words[1:], strict=True) if float(found) >= least), UNDECIDED)

    return of


def caption(attribute):
    return lambda whole, _: UNDECIDED if whole.get(attribute, UNDECIDED) is UNDECIDED else CAPTIONS[attribute][whole[attribute].text]


def activity_name(whole, _):
    number = whole["activity_id"]
    return UNDECIDED if number is UNDECIDED else ACTIVITIES[whole["class_uid"].text][number.text]


def type_uid(whole, _):
    number = whole["activity_id"]
    return UNDECIDED if number is UNDECIDED else Number(str(int(whole["class_uid"].text) * 100 + int(number.text)))


def type_name(whole, _):
    return UNDECIDED if whole["activity_name"] is UNDECIDED else f"{whole['class_name']}: {whole['activity_name']}"


WORDS = {
    "the caption of `status_id`": caption("status_id"),
    "the caption of `severity_id`": caption("severity_id"),
    "the caption of `activity_id`": activity_name,
    "the caption of `activity_id`, or else `eventName`": activity_name,
    "`class_uid` × 100 + `activity_id`": type_uid,
    "the caption of `type_uid`": type_name,
    "by `action`: 6 of ACCEPT, 5 of REJECT, 0 of neither": flow_activity,
    "2 if `readOnly` is `true`; or else by the first word of `eventName`": call_activity,
    "3 if the finding is archived; 2 if there is a `count` other than 1; 1 of all others": finding_activity,
    "2 if there is `errorCode` or `errorMessage`, or a sign-in says `Failure`; 1 in all other events": status,
    "`failure` if there is `errorCode` or `errorMessage`, or a `ConsoleLogin` whose `responseElements.ConsoleLogin` is not `Success`;"
    " `success` in all other records": outcome,
    "by `detail.severity`: 5 from 9, 4 from 7, 3 from 4, 2 from 1; 0 if there is none": severity([Number(n) for n in "05432"]),
    "GuardDuty's word for `detail.severity`: `Critical` from 9, `High` from 7, `Medium` from 4, `Low` from 1": severity(
        [None, "Critical", "High", "Medium", "Low"]
    ),
}
# What is made of fields that other rows copy, or that none does.
OF_NO_FIELD = {
    'by `eventName`, if it is one of those that Elastic categorises, such as `["iam"]`',
    'by `eventName`, if it is one of those that Elastic categorises, such as `["user","creation"]`; `["info"]` in all other records',
    "what stands before the colon in `detail.type`, if it is one of the threat purposes that GuardDuty documents",
    "1 for what begins a session, 2 for what ends one, 99 for all others",
    "by `eventName`, such as 1 for CreateUser; 99 for those that OCSF does not name",
    "2 if the action was `blocked`, 1 if it was not, 0 if the finding does not say",
    "2 if the action was `blocked`, 15 of all others",
    "the caption of `action_id`",
    "the caption of `disposition_id`",
}
