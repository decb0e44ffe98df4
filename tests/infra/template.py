"""CloudFormation in miniature: the resources that a template creates from given parameters, and the resource schemas."""

import functools
import importlib.util
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import policies

INFRA = policies.ROOT / "infra"
PSEUDO = {
    "AWS::AccountId": "999988887777",
    "AWS::Partition": "aws",
    "AWS::Region": "us-west-2",
    "AWS::StackName": "catchment",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()
FUNCTIONS = {
    "And", "Contains", "Equals", "FindInMap", "GetAtt", "If", "Join", "Not", "Or", "Ref", "Select", "Split", "Sub",
    "ToJsonString", "Condition",
}  # fmt: skip


@functools.cache
def load(name):
    """A template, read once: do not change the result."""
    return policies.load_yaml((INFRA / name).read_text())


@functools.cache
def schema(resource_type):
    """The resource's schema from cfn-lint, for us-west-2."""
    real = {"AWS::Serverless::Function": "AWS::Lambda::Function"}.get(resource_type, resource_type)
    return json.loads((_schemas() / "resources" / f"{_region_schemas()[real]}.json").read_text())


@functools.cache
def _region_schemas():
    return json.loads((_schemas() / "providers" / "us-west-2.json").read_text())


def _schemas():
    """The folder of cfn-lint's schemas. Importing cfn-lint instead would take eight seconds: it compiles all its rules."""
    return Path(importlib.util.find_spec("cfnlint").origin).parent / "data" / "schemas"


@dataclass
class Made:
    """A resource as a stack would create it."""

    type: str
    properties: dict
    declared: dict = field(repr=False)
    """As in the template, with its functions."""

    def get(self, path):
        """The value of a schema's property path, `/properties/A/B` or `A/B`; None if it is not set."""
        node = self.properties
        for part in path.removeprefix("/properties/").split("/"):
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return node


class Stack:
    """A template with parameters. `generations` counts how often a resource was replaced, since references to it change each time."""

    def __init__(self, name, parameters, generations=None, path="", pseudo=None):
        self.template = load(name)
        self.path = path
        self.generations = generations or {}
        self.pseudo = {**PSEUDO, **(pseudo or {})}
        self.conditions = {}
        declared = self.template["Parameters"]
        unknown = parameters.keys() - declared.keys()
        missing = {key for key, it in declared.items() if "Default" not in it} - parameters.keys()
        if unknown or missing:
            raise ValueError(f"{name}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        self.parameters = {key: str(parameters.get(key, it.get("Default"))) for key, it in declared.items()}

    def refused(self):
        """The template's Rules that the parameters violate."""
        return [
            assertion["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            if self.value(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not self.value(assertion["Assert"])
        ]

    def made(self):
        """Every resource of the stack and of its nested stacks, by path."""
        found = {}
        for logical, declared in self._declared():
            if "Condition" in declared and not self.condition(declared["Condition"]):
                continue
            properties = self.value(declared.get("Properties", {}))
            if declared["Type"] == "AWS::CloudFormation::Stack":
                pseudo = {"AWS::StackName": f"{self.pseudo['AWS::StackName']}-{logical}"}
                nested = Stack(
                    properties["TemplateURL"], properties["Parameters"], self.generations, f"{self.path}{logical}/", pseudo
                )
                found.update(nested.made())
            else:
                found[self.path + logical] = Made(declared["Type"], properties, declared)
        return found

    def _declared(self):
        for logical, declared in self.template["Resources"].items():
            if not logical.startswith("Fn::ForEach::"):
                yield logical, declared
                continue
            name, collection, body = declared
            for item in self.value(collection):
                for key, resource in body.items():
                    text = json.dumps(resource).replace(f"${{{name}}}", item)
                    yield key.replace(f"&{{{name}}}", re.sub(r"\W|_", "", item)), json.loads(text)

    def condition(self, name):
        if name not in self.conditions:
            self.conditions[name] = self.value(self.template["Conditions"][name])
        return self.conditions[name]

    def value(self, node):
        """A node with every function evaluated."""
        if isinstance(node, list):
            return [it for it in map(self.value, node) if it is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((key, argument),) = node.items()
            name = key.removeprefix("Fn::")
            if name in FUNCTIONS and (name != "Condition" or isinstance(argument, str)):
                return getattr(self, f"_{name.lower()}")(argument)
        values = {key: self.value(it) for key, it in node.items()}
        return {key: it for key, it in values.items() if it is not NO_VALUE}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            text = self.parameters[name]
            return text.split(",") if self.template["Parameters"][name]["Type"] == "CommaDelimitedList" else text
        return f"<{self.path}{name}#{self.generations.get(self.path + name, 1)}>"

    def _getatt(self, argument):
        name, _, attribute = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        return f"{self._ref(name)}.{attribute}"

    def _sub(self, argument):
        text, values = (argument, {}) if isinstance(argument, str) else argument

        def one(found):
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            value = self.value(values[name]) if name in values else self._getatt(name) if "." in name else self._ref(name)
            return ",".join(value) if isinstance(value, list) else str(value)

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def _if(self, argument):
        name, then, otherwise = argument
        return self.value(then if self.condition(name) else otherwise)

    def _findinmap(self, argument):
        first, second, third = self.value(argument)
        return self.template["Mappings"][first][second][third]

    def _condition(self, name):
        return self.condition(name)

    def _equals(self, argument):
        one, other = self.value(argument)
        return str(one) == str(other)

    def _not(self, argument):
        return not self.value(argument)[0]

    def _and(self, argument):
        return all(self.value(argument))

    def _or(self, argument):
        return any(self.value(argument))

    def _contains(self, argument):
        members, member = self.value(argument)
        return member in members

    def _join(self, argument):
        separator, parts = argument
        return separator.join(map(str, self.value(parts)))

    def _split(self, argument):
        separator, text = self.value(argument)
        return text.split(separator)

    def _select(self, argument):
        index, items = argument
        return self.value(items)[int(index)]

    def _tojsonstring(self, argument):
        return json.dumps(self.value(argument))
