"""The list of calls that came, in order, and what became of each."""

import time
from dataclasses import asdict, dataclass, field

from .call import Call


@dataclass
class Entry:
    """One call. `outcome`: `pending`, `forwarded`, `refused` (by a rule), `injected` (a fault) or `halted`."""

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
    """Of ministack's answer: there is one also where a fault then lost it."""
    code: str = ""
    """Of the refusal, or the kind of fault."""


@dataclass
class Journal:
    """What a test reads back."""

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
