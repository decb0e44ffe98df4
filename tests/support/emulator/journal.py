"""The list of received calls, in order, with the outcome of each."""

import time
from dataclasses import asdict, dataclass, field

from .call import Call


@dataclass
class Entry:
    """One call. `outcome`: `pending`, `forwarded`, `refused` (by a rule), `injected` (a fault) or `held` (at the breakpoint)."""

    number: int
    at_ms: int
    account: str
    region: str
    service: str
    operation: str
    write: bool
    resource: str
    parameters: list[str]
    outcome: str = "pending"
    status: int | None = None
    """The status of ministack's response, even if a fault then lost it."""
    code: str = ""
    """The error code of the refusal, or the kind of fault."""


@dataclass
class Journal:
    """The calls, as a test reads them back."""

    entries: list[Entry] = field(default_factory=list)

    def open(self, call: Call) -> Entry:
        entry = Entry(
            number=len(self.entries) + 1,
            at_ms=int(time.time() * 1000),
            account=call.account,
            region=call.region,
            service=call.service,
            operation=call.operation,
            write=call.is_write,
            resource=call.resource,
            parameters=sorted(call.params),
        )
        self.entries.append(entry)
        return entry

    def as_json(self) -> list[dict]:
        return [asdict(entry) for entry in self.entries]
