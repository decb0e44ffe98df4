"""Kinds of faults, by the stage of a record's making that each belongs to. A record has one fault at most.

`FAILS` names those with which a record can never be Ok, whatever the rest of it is: a check of the reading itself.
"""

STAGES = {"tree": {}, "text": {}, "raw": {}, "packed": {}, "base64": {}, "data": {}}
FAILS = set()


def fault(stage, fails=False):
    """Registers a function that takes a source of chance and what the stage begins with, and puts the fault in."""

    def register(function):
        STAGES[stage][function.__name__] = function
        if fails:
            FAILS.add(function.__name__)
        return function

    return register
