"""Every change of every parameter: no update replaces what holds data, or creates a resource whose name is in use.

CloudFormation replaces a resource if a property changes that its schema calls create-only, and creates the new one before it
deletes the old one
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html).
"""

import functools
import itertools
import unittest

from template import Stack, load, schema

HOLDS_DATA = {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup"}
# The delivery path's own logs, which are deleted with the stack.
OWN_LOGS = {"TransformerLogGroup", "FirehoseLogGroup"}
# The properties that must be unique, if the resource's schema does not say so.
NAMES = {
    "AWS::EC2::FlowLog": ("ResourceId", "LogGroupName"),  # FlowLogAlreadyExists
    "AWS::Glue::Table": ("DatabaseName", "TableInput/Name"),
    "AWS::Glue::Database": ("DatabaseInput/Name",),
    "AWS::GuardDuty::Detector": (),  # one in a Region
    "AWS::Logs::QueryDefinition": ("Name",),
}
KEY = "arn:aws:kms:us-west-2:999988887777:key/1"
# Values for parameters without a list of allowed ones. The walk tries each change among these and the default.
SAMPLES = {
    "AccessLogBucketName": ["access-logs"],
    "Accounts": ["111122223333", "111122223333,444455556666"],
    "AlarmEmail": ["someone@example.com"],
    "BucketName": ["trails", "other-trails"],
    "DetectorId": ["0" * 32],
    "ExpireAfterDays": ["400"],
    "FilterName": ["other"],
    "FlowLogGroupName": ["flow"],
    "GlacierAfterDays": ["90"],
    "GuardDutyAdministrator": ["999988887777", "111122223333"],
    "HomeRegion": ["us-west-2", "eu-west-1"],
    "HttpSecretArn": [f"arn:aws:secretsmanager:us-west-2:999988887777:secret:{n}" for n in "ab"],
    "HttpSecretKeyArn": [KEY],
    "HttpUrl": ["https://a.example", "https://b.example"],
    "LockDays": ["30"],
    "LogGroupName": ["/aws/events/guardduty-2"],
    "LoggingTrailName": ["catchment", "other"],
    "Members": ["111122223333=a@example.com", "444455556666=b@example.com,111122223333=a@example.com"],
    "OpenSearchDomainArn": [f"arn:aws:es:us-west-2:999988887777:domain/{n}" for n in "ab"],
    "OpenSearchIndex": ["other"],
    "OpenSearchSecurityGroupIds": ["sg-1", "sg-1,sg-2"],
    "OpenSearchSubnetIds": ["subnet-1", "subnet-1,subnet-2"],
    "RecoverDays": ["30"],
    "RedactKeySecret": ["catchment/redact", "arn:aws:secretsmanager:us-west-2:999988887777:secret:redact-a1b2c3"],
    "SettingsLayerArn": [f"arn:aws:lambda:us-west-2:999988887777:layer:settings:{n}" for n in (1, 2)],
    "SilentHours": ["0", "24"],
    "Sources": ['{"a":"other"}'],
    "StreamKeyArn": [KEY],
    "StreamName": ["one", "other"],
    "TrailArns": [f"arn:aws:cloudtrail:us-west-2:{n}:trail/catchment" for n in ("111122223333", "444455556666")],
    "TrailBucketName": ["trails", "other-trails"],
    "TrailKeyArn": [KEY],
    "TrailLogGroupName": ["trail"],
    "TrailName": ["other"],
    "TrailObjects": [f"arn:aws:s3:::trails/AWSLogs/{n}/*" for n in ("111122223333", "444455556666")],
    "TransformerConcurrency": ["10"],
    "TransformerMemory": ["1024"],
    **{f"VpcId{n}": [f"vpc-{n}", f"vpc-{n}0"] for n in range(1, 6)},
}
LOGGING = {"StreamName": "one", "Architecture": "arm64", "Accounts": "111122223333"}
OPENSEARCH = {"Destination": "opensearch", "OpenSearchDomainArn": SAMPLES["OpenSearchDomainArn"][0]}
HTTP = {"Destination": "http", "HttpUrl": "https://a.example", "HttpSecretArn": SAMPLES["HttpSecretArn"][0]}
TRAIL = {"TrailBucketName": "trails", "TrailName": "catchment"}
# What a user may have deployed before they change a parameter.
DEPLOYED = {
    "logging.yaml": [
        LOGGING,
        {**LOGGING, "Storage": "parquet"},
        {**LOGGING, **OPENSEARCH, **HTTP, "Destination": "s3", "CustomerKeys": "true", "LockMode": "GOVERNANCE"},
        {**LOGGING, **OPENSEARCH, **HTTP, "Destination": "opensearch", "OpenSearchSecurityGroupIds": "sg-1"},
        {**LOGGING, **OPENSEARCH, **HTTP, "Destination": "http", "HttpSecretKeyArn": KEY},
    ],
    "member.yaml": [
        {},
        {"VpcId1": "vpc-1", "VpcId2": "vpc-2", "VpcId3": "vpc-3", **TRAIL, "HomeRegion": "us-west-2"},
        {"VpcId5": "vpc-5", "GuardDutyAdministrator": "999988887777"},
    ],
    "cloudtrail-bucket.yaml": [
        {key: SAMPLES[key][0] for key in ("BucketName", "TrailArns", "TrailObjects")},
        {
            **{key: SAMPLES[key][0] for key in ("BucketName", "TrailArns", "TrailObjects", "LoggingTrailName")},
            "CustomerKeys": "true",
            "LockMode": "COMPLIANCE",
        },
    ],
    "guardduty.yaml": [{}, {"Members": SAMPLES["Members"][1]}],
}


def values(parameter, declared):
    """The values to try, with the default."""
    default = [str(declared["Default"])] if "Default" in declared else []
    return list(dict.fromkeys(default + [str(it) for it in declared.get("AllowedValues", [])] + SAMPLES.get(parameter, [])))


def identity(made):
    """What no two resources of a type may share; None if AWS chooses the name."""
    names = NAMES.get(made.type)
    if names is None:
        names = schema(made.type)["primaryIdentifier"]
    found = tuple(str(made.get(path)) for path in names)
    return None if "None" in found else (made.type, *found)


@functools.cache
def _stack(template, parameters):
    stack = Stack(template, dict(parameters))
    return stack.refused(), stack.made()


def refused(template, parameters):
    return _stack(template, tuple(sorted(parameters.items())))[0]


def made_of(template, parameters):
    """The resources of a stack, cached: many updates begin or end with the same."""
    return _stack(template, tuple(sorted(parameters.items())))[1]


def is_renamed(made, before, after):
    """Whether a parameter that is the resource's name was changed: then the user asked for a second resource."""
    (name,) = schema(made.type)["primaryIdentifier"]
    given = made.declared["Properties"].get(name.removeprefix("/properties/"))
    return isinstance(given, dict) and before.get(given.get("Ref")) != after.get(given.get("Ref"))


def is_replaced(before, after):
    if before.type != after.type:
        return True
    return any(before.get(path) != after.get(path) for path in schema(before.type).get("createOnlyProperties", []))


def update(template, before, after):
    """What goes wrong if a stack of `template` is updated from the parameters `before` to `after`."""
    old = made_of(template, before)
    generations = {}
    while True:  # a replaced resource's references change, which may replace others
        new = Stack(template, after, generations).made() if generations else made_of(template, after)
        replaced = {path for path in old.keys() & new.keys() if is_replaced(old[path], new[path])}
        if replaced == generations.keys():
            break
        generations = dict.fromkeys(replaced | generations.keys(), 2)
    taken = {identity(made): path for path, made in old.items()}
    wrong = []
    for path in sorted(replaced):
        made = new[path]
        named_anew = identity(made) is not None and identity(made) != identity(old[path])
        if made.type in HOLDS_DATA and path not in OWN_LOGS:
            if not is_renamed(made, before, after) or made.declared.get("UpdateReplacePolicy") != "Retain":
                wrong.append(f"{path} holds data and is replaced")
        elif identity(made) is not None and not named_anew:
            wrong.append(f"{path} is replaced under a name that is in use")
    for path in sorted(new.keys() - old.keys() | replaced):
        holder = taken.get(identity(new[path]), path)
        if identity(new[path]) is not None and holder != path:
            wrong.append(f"{path} takes the name of {holder}, which is deleted only afterwards")
    return wrong


class Updates(unittest.TestCase):
    def test_no_change_of_a_parameter_replaces_data_or_collides_with_a_name(self):
        tried = 0
        for template, deployed in DEPLOYED.items():
            declared = load(template)["Parameters"]
            for base in deployed:
                for parameter, it in declared.items():
                    for one, other in itertools.permutations(values(parameter, it), 2):
                        before, after = {**base, parameter: one}, {**base, parameter: other}
                        if refused(template, before) or refused(template, after):
                            continue
                        tried += 1
                        with self.subTest(template=template, parameter=parameter, before=one, after=other):
                            self.assertEqual(update(template, before, after), [])
        self.assertGreater(tried, 800)

    def test_every_parameter_is_changed(self):
        for template in DEPLOYED:
            for parameter, it in load(template)["Parameters"].items():
                with self.subTest(template=template, parameter=parameter):
                    self.assertGreater(len(values(parameter, it)), 1, "give SAMPLES a second value")

    def test_what_stays_behind_never_blocks_what_is_created_later(self):
        """Removed and added again, as a trail may be: what stays behind on purpose must not be in the way."""
        for template, deployed in DEPLOYED.items():
            for base in deployed:
                for parameter, it in load(template)["Parameters"].items():
                    for one, other in itertools.permutations(values(parameter, it), 2):
                        if parameter == "HomeRegion":
                            continue  # README.md: a trail's home Region is chosen once
                        before, after = {**base, parameter: one}, {**base, parameter: other}
                        if refused(template, before) or refused(template, after):
                            continue
                        old, new = made_of(template, before), made_of(template, after)
                        for path in old.keys() - new.keys():
                            if old[path].declared.get("DeletionPolicy") != "Retain":
                                continue
                            with self.subTest(template=template, parameter=parameter, resource=path):
                                self.assertIsNone(identity(old[path]), "its name is in use when it is created again")

    def test_the_walk_sees_a_vpc_that_moves_and_lets_a_bucket_be_renamed(self):
        """README.md describes both: the one fails and is rolled back, the other makes a second bucket."""
        moved = update("member.yaml", {"VpcId1": "vpc-1", "VpcId2": "vpc-2"}, {"VpcId1": "vpc-2"})
        self.assertEqual(moved, ["FlowLog1 takes the name of FlowLog2, which is deleted only afterwards"])
        one = {key: SAMPLES[key][0] for key in ("BucketName", "TrailArns", "TrailObjects")}
        self.assertEqual(update("cloudtrail-bucket.yaml", one, {**one, "BucketName": "b"}), [])


if __name__ == "__main__":
    unittest.main()
