"""Messages as a transformer of the log group leaves them: flow logs that `parseVPC` has made objects, and events of OCSF."""

import json

import lines

MEMBERS = [lines.member_of(name) for name in lines.DEFAULT]
# Values that no field has, or that are spelled in another way.
OTHERS = (None, "-", "", True, 0, -1, 1.5, 65_536, "65535", "007", 4_000_000_000, "10.0.0.1", "eni-1 2", 'a"b\\é', [], {}, {"a": 1}, ["10.0.0.1"])


def flow_log(random, line):
    """The object of a line, or what is nearly one."""
    members = []
    for name, word in zip(MEMBERS, line.split(), strict=False):
        absent = random.choice((..., None, "-")) if word == "-" else word
        is_number = word.isdigit() and word[0] != "0" and (name != "accountId" or random.random() < 0.1) and random.random() < 0.9
        if absent is not ...:
            members.append((name, int(word) if is_number else absent))
    kind = random.random()
    if kind < 0.1:
        random.shuffle(members)
    elif kind < 0.2:
        members.insert(random.randrange(len(members) + 1), (random.choice(("accountName", "srcaddr", "", "class_uid")), random.choice(OTHERS)))
    elif kind < 0.3:
        at = random.randrange(len(members))
        members[at] = (members[at][0], random.choice(OTHERS))
    elif kind < 0.35:
        members.pop(random.randrange(len(members)))
    text = object_of(random, members)
    return text.replace('"ACCEPT"', '"\\u0041CCEPT"') if random.random() < 0.03 else text


def ocsf(random):
    """An event of OCSF, or what is nearly one."""
    metadata = {"version": random.choice(("1.1.0", "1.5.0", "1.1.0", 1.1)), "uid": "u"}
    members = [("class_uid", random.choice((4001, 6003, 2004, 4003, "4001", None, 1_234_567_890))), ("metadata", random.choice((metadata, metadata, metadata, "1.1.0", {})))]
    members += [("eventName", "CreateUser"), ("src_endpoint", {"ip": "10.0.0.1"}), ("time", 1_696_086_922_000)]
    random.shuffle(members)
    return object_of(random, members)


def object_of(random, members):
    """Members as a JSON object; some over several lines."""
    comma, colon, opened, closed = random.choice(((",", ":", "{", "}"),) * 4 + ((", ", ": ", " {", "} \n"), (",\n  ", ": ", "{\n  ", "\n}")))
    return opened + comma.join(f"{json.dumps(name)}{colon}{json.dumps(value, ensure_ascii=False)}" for name, value in members) + closed
