"""The accounts of the fleets, and the ways in which some of them are broken."""

REGIONS = ("us-west-2", "us-east-1")
GROUPS = ("CloudTrail/all", "/aws/vpc/flow", "/aws/events/guardduty")
LOGGING = "999988887777"
ROLE = "Catchment"
BROKEN_EVERY = 50
WAYS = ("wrong account", "no permission", "filter cap", "no log group", "no credentials", "hanging endpoint")


def account(member: int) -> str:
    return f"{200_000_000_000 + member}"


class Accounts:
    """Members `m0`, `m1`, …, in fleets of at most so many; profiles have the members' names."""

    def __init__(self, members: int, in_one_fleet: int, profiles: int, is_broken: bool, are_assumed: bool):
        numbers = list(range(members))
        self.fleets = [numbers[first : first + in_one_fleet] for first in range(0, members, in_one_fleet)]
        # a profile that is not there cannot be what lets the program in
        self._profiles, self._are_assumed = 0 if are_assumed else profiles, are_assumed
        broken = numbers[::BROKEN_EVERY] if is_broken else []
        self._ways = {member: WAYS[place % len(WAYS)] for place, member in enumerate(broken)}

    def whole(self, fleet: int) -> set[tuple[str, str, str]]:
        """Account, Region and log group of all members that are not broken."""
        members = [member for member in self.fleets[fleet] if member not in self._ways]
        return {(account(member), region, group) for member in members for region in REGIONS for group in GROUPS}

    def set_up(self, here) -> None:
        """Writes the files, creates the log groups, and breaks what is to be broken."""
        everything = [(member, region, group) for fleet in self.fleets for member in fleet for region in REGIONS for group in GROUPS]
        if self._are_assumed:
            here.create_roles([(account(member), ROLE) for fleet in self.fleets for member in fleet], LOGGING)
        here.calls(
            [
                (account(member), region, "CreateLogGroup", {"logGroupName": group})
                for member, region, group in everything
                if self._ways.get(member) != "no log group"
            ]
        )
        others = {"filterPattern": "", "destinationArn": "arn:aws:lambda:us-west-2:111122223333:function:f"}
        here.calls(
            [
                (account(member), region, "PutSubscriptionFilter", {"logGroupName": group, "filterName": name, **others})
                for member, region, group in everything
                if self._ways.get(member) == "filter cap"
                for name in ("one", "two")
            ]
        )
        kinds = {"no permission": "denied", "hanging endpoint": "hang"}
        of_accounts = {account(member): kinds[way] for member, way in self._ways.items() if way in kinds}
        here.control("faults", {"of_accounts": of_accounts, "hang_seconds": 600})
        (here.home / "credentials").write_text(self._credentials(), encoding="utf-8")
        (here.home / "config").write_text(self._config(), encoding="utf-8")
        for number, members in enumerate(self.fleets):
            (here.home / f"fleet-{number}.toml").write_text(_fleet(number, members, self._are_assumed), encoding="utf-8")

    def _config(self) -> str:
        return "".join(f"[profile m{number}]\nregion = us-west-2\noutput = json\n" for number in range(self._profiles))

    def _credentials(self) -> str:
        keys = {"logging": LOGGING} | {f"m{number}": account(number) for number in range(self._profiles)}
        for member, way in self._ways.items():
            if way == "wrong account":
                keys[f"m{member}"] = account(member + 500_000)
            elif way == "no credentials":
                del keys[f"m{member}"]
        return "".join(f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = test\n" for name, key in keys.items())


def filter_of(fleet: int) -> tuple[str, str]:
    """The name of a fleet's filters, and the ARN that they deliver to in a `{region}`."""
    return f"catchment-destination-{fleet}", f"arn:aws:logs:{{region}}:{LOGGING}:destination:destination-{fleet}"


def _fleet(number: int, members: list[int], are_assumed: bool) -> str:
    regions = ", ".join(f'"{region}"' for region in REGIONS)
    logging = f"""[logging]
profile = "logging"
account = "{LOGGING}"
regions = [{regions}]
destination = "destination-{number}"
role = "role-{number}"
organization = "o-catchment0"
[logging.stream]
name = "stream-{number}"
shards = 1
"""
    if are_assumed:
        of_all = f"""[defaults]
profile = "logging"
assume_role = "arn:{{partition}}:iam::{{account}}:role/{ROLE}"
cloudtrail = ["{GROUPS[0]}"]
vpc_flow_logs = ["{GROUPS[1].rpartition("/")[0]}/*"]
guardduty = ["{GROUPS[2]}"]
"""
        accounts = ", ".join(f'"{account(one)}"' for one in members)
        return f"{logging}{of_all}[[members]]\naccounts = [{accounts}]\n"
    member = '[[members]]\nname = "m{0}"\nprofile = "m{0}"\naccount = "{1}"\ncloudtrail = ["{2}"]\nvpc_flow_logs = ["{3}"]\nguardduty = ["{4}"]\n'
    return logging + "".join(member.format(one, account(one), *GROUPS) for one in members)
