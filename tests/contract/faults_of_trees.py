"""Faults of a message's tree: fields missing, repeated, of another type, timestamps, system fields."""

from faults import fault
from messages import Object, any_value

ENVELOPE = ("messageType", "owner", "logGroup", "logStream", "logEvents")
EVENT = ("id", "timestamp", "message")


def some_event(random, node):
    events = node.get("logEvents")
    if not events:
        event = Object()
        for key, value in (("id", '"1"'), ("timestamp", "1"), ("message", '"m"')):
            event.put(key, value)
        events.append(event)
    return random.choice(events)


def some_known(random, node):
    """An object of the message and the key of one of its fields."""
    if random.random() < 0.5:
        return node, random.choice(ENVELOPE)
    return some_event(random, node), random.choice(EVENT)


@fault("tree", fails=True)
def field_missing(random, node):
    where, key = some_known(random, node)
    where[:] = [pair for pair in where if pair[0] != f'"{key}"']


@fault("tree", fails=True)
def wrong_type(random, node):
    where, key = some_known(random, node)
    right = {"logEvents": ("[]",), "timestamp": ()}.get(key, ('""', '"a"'))
    wrong = ["null", "true", "{}", "[]", '["a"]', '{"a":"b"}', '""', '"a"'] + ([] if key == "timestamp" else ["1", "-1.5"])
    where.set(key, random.choice([each for each in wrong if each not in right]))


@fault("tree", fails=True)
def known_field_twice(random, node):
    where, key = some_known(random, node)
    value = where.get(key) if random.random() < 0.5 else random.choice(('"other"', "null", "1", "[]"))
    name = f'"{key}"' if random.random() < 0.7 else f'"\\u{ord(key[0]):04x}{key[1:]}"'
    where.insert(random.randrange(len(where) + 1), [name, value])


@fault("tree")
def unknown_field_twice(random, node):
    where = node if random.random() < 0.5 else some_event(random, node)
    for _ in range(2):
        where.insert(random.randrange(len(where) + 1), ['"later"', any_value(random)])


@fault("tree")
def filters_of_another_type(random, node):
    node.set("subscriptionFilters", random.choice(("null", '"a"', "[1]", "{}", "[]", "1")))


@fault("tree")
def filters_twice(random, node):
    node.insert(random.randrange(len(node) + 1), ['"subscriptionFilters"', ["1"]])


@fault("tree", fails=True)
def event_as_an_array(random, node):
    event = some_event(random, node)
    events = node.get("logEvents")
    index = next(index for index, each in enumerate(events) if each is event)
    events[index] = [value for _, value in event]


@fault("tree", fails=True)
def event_of_another_type(random, node):
    node.get("logEvents").insert(0, random.choice(("null", '"a"', "1", "[]", "true")))


@fault("tree", fails=True)
def event_that_is_empty(random, node):
    events = node.get("logEvents")
    events.insert(random.randrange(len(events) + 1), "{}")


@fault("tree", fails=True)
def events_as_an_object(random, node):
    event = some_event(random, node)
    node.set("logEvents", random.choice(("{}", event)))


@fault("tree", fails=True)
def unknown_message_type(random, node):
    node.set("messageType", random.choice(('"EXTRA_MESSAGE"', '"data_message"', '""', '"DATA_MESSAGE "', '"DATA_MESSAGE\\u0000"', '"DATA_MESSAG"')))


@fault("tree")
def message_type_escaped(random, node):
    node.set("messageType", random.choice(('"DATA\\u005fMESSAGE"', '"\\u0044ATA_MESSAGE"', '"CONTROL\\u005FMESSAGE"')))


@fault("tree")
def key_escaped(random, node):
    where, key = some_known(random, node)
    at = random.randrange(len(key))
    for pair in where:
        if pair[0] == f'"{key}"':
            pair[0] = f'"{key[:at]}\\u{ord(key[at]):04x}{key[at + 1:]}"'


@fault("tree")
def timestamps_at_the_border(random, node):
    some_event(random, node).set("timestamp", random.choice(("0", "253402300799999", "253402207200000", "253402300800000", '"253402300799999"', '"9999-12-31T23:59:59.999Z"', '"2016-12-31T23:59:60Z"')))


@fault("tree", fails=True)
def timestamp_that_is_none(random, node):
    some_event(random, node).set("timestamp", random.choice((
        '""', '" 1"', '"1 "', '"yesterday"', '"2023-13-01T00:00:00Z"', '"2023-02-30T00:00:00Z"', '"2023-09-30"', '"2023-09-30Z"', '"9999-12-31Z"', '"1e3"', '"0x10"', '"1969-12-31T23:59:59.9999Z"', '"9999-12-31T23:59:59-01:00"',
        "true", "null", "99999999999999999999999", "9223372036854775807", "9223372036854775808", "253402300800000")))


@fault("tree", fails=True)
def timestamp_that_is_no_json_number(random, node):
    some_event(random, node).set("timestamp", random.choice(("0696086922000", "00", "01", "+1696086922000", "1696086922000.", "-", "169608692200x", "16960869 22000", ".5", "1_000")))


@fault("tree", fails=True)
def timestamp_with_a_fraction(random, node):
    some_event(random, node).set("timestamp", random.choice(("1696086922000.5", "1.5e3", "0.1")))


@fault("tree")
def system_fields_odd(random, node):
    """Repeated and escaped keys, values of another type, and what is no object."""
    event = some_event(random, node)
    event[:] = [pair for pair in event if pair[0] != '"extractedFields"']
    kind = random.randrange(4)
    if kind == 0:
        event.put("extractedFields", random.choice(("null", "1", '"a"', "[]", "true", '["@aws.account"]')))
        return
    fields = Object()
    fields.put("@aws.account", '"111122223333"')
    fields.put("@aws.region", '"eu-west-1"')
    if kind == 1:
        fields.insert(random.randrange(3), [random.choice(('"@aws.account"', '"@aws.region"')), random.choice(('"444455556666"', "null", '""'))])
    elif kind == 2:
        random.choice(fields)[0] = random.choice(('"\\u0040aws.account"', '"@aws\\u002Eregion"', '"@aws.accoun"', '"@AWS.account"', '""'))
    else:
        random.choice(fields)[1] = random.choice(("null", "1", "{}", '["a"]', '""', '"\\u0031"', "true"))
    event.put("extractedFields", fields)


@fault("tree", fails=True)
def system_fields_twice(random, node):
    event = some_event(random, node)
    event.put("extractedFields", Object())
    event.put("extractedFields", "null")


@fault("tree")
def control_message_odd(random, node):
    """A CONTROL_MESSAGE with log events, or with none."""
    node.set("messageType", '"CONTROL_MESSAGE"')
    if random.random() < 0.3:
        node.set("logEvents", [])
