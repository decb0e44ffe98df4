"""Account-level subscription filter policies: what AWS refuses, and what is delivered."""

import json
import time

from .harness import EmulatorTest, allow

TYPE = "SUBSCRIPTION_FILTER_POLICY"


class AccountPolicy(EmulatorTest):
    options = {"deliver": True, **EmulatorTest.options}

    def put_policy(self, arn, left_out=(), name="catchment", **more):
        """Puts the member's policy."""
        names = ", ".join(f'"{one}"' for one in left_out)
        criteria = {"selectionCriteria": f"LogGroupName NOT IN [{names}]"} if left_out else {}
        text = json.dumps({"DestinationArn": arn, "FilterPattern": "", "Distribution": "Random", **more})
        logs = self.client("logs", self.member)
        logs.put_account_policy(policyName=name, policyType=TYPE, policyDocument=text, scope="ALL", **criteria)

    def shown(self):
        """The names of the member's policies."""
        found = self.client("logs", self.member).describe_account_policies(policyType=TYPE)["accountPolicies"]
        return [one["policyName"] for one in found]

    def delivered(self, group):
        """Writes an event into a log group; returns what delivers it, with the level of each."""
        logs = self.client("logs", self.member)
        before = len(self.control("delivered")["messages"])
        now = int(time.time() * 1000)
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "m"}])
        return [one["filters"] for one in self.control("delivered")["messages"][before:]]

    def groups(self):
        logs = self.client("logs", self.member)
        for name in ("flow", "quiet"):
            logs.create_log_group(logGroupName=name)
            logs.create_log_stream(logGroupName=name, logStreamName="s")

    def test_it_delivers_every_log_group_that_it_does_not_leave_out_and_adds_to_filters(self):
        arn = self.seed()
        self.groups()
        self.put_policy(arn, ["quiet"])
        self.assertEqual((self.delivered("flow"), self.delivered("quiet")), ([["catchment"]], []))
        self.subscribe(arn, name="own")
        self.assertEqual(self.delivered("flow"), [["own"], ["catchment"]])
        self.client("logs", self.member).delete_account_policy(policyName="catchment", policyType=TYPE)
        self.assertEqual((self.delivered("flow"), self.shown()), ([["own"]], []))
        with self.refused("ResourceNotFoundException", "does not exist"):
            self.client("logs", self.member).delete_account_policy(policyName="catchment", policyType=TYPE)

    def test_an_account_has_one_in_a_region(self):
        arn = self.seed()
        self.put_policy(arn)
        self.put_policy(arn, ["flow"])
        with self.refused("LimitExceededException", "Resource limit exceeded"):
            self.put_policy(arn, name="other")
        self.assertEqual(self.shown(), ["catchment"])

    def test_what_aws_does_not_document_is_refused(self):
        arn = self.seed()
        with self.refused("InvalidParameterException", "policy document"):
            self.put_policy(arn, EmitSystemFields=["@aws.account"])
        with self.refused("InvalidParameterException", "name"):
            self.put_policy(arn, name="aws/mine")
        with self.refused("InvalidParameterException", "selection criteria"):
            self.put_policy(arn, ["x" * 26_000])
        with self.refused("InvalidParameterException", "selection criteria"):
            self.client("logs", self.member).put_account_policy(
                policyName="catchment",
                policyType=TYPE,
                policyDocument=json.dumps({"DestinationArn": arn}),
                selectionCriteria='LogGroupName IN ["flow"]',
            )

    def test_the_destination_must_let_the_account_subscribe(self):
        arn = self.seed()
        self.policy(arn, {"AWS": ["123412341234"]})
        with self.refused("AccessDeniedException", f"accountId: {self.member} is not authorized"):
            self.put_policy(arn)
        condition = {"StringEquals": {"aws:PrincipalOrgID": "o-catchment0"}}
        self.client("logs", self.logging).put_destination_policy(
            destinationName="dest",
            accessPolicy=allow("logs:PutSubscriptionFilter", arn, "*", condition),
            forceUpdate=True,
        )
        with self.refused("InvalidParameterException", "Role ARN is required"):
            self.put_policy(arn)
