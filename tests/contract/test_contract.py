"""The transformer answers as its contract says, by a reading of it that knows nothing of the code."""

import gzip
import json
import tomllib
import unittest
import zlib
from base64 import b64encode
from pathlib import Path
from unittest import mock

import compare
import documents
import faults
import lines
import reading
import redaction
import rules
import show

ROOT = Path(__file__).resolve().parents[2]
ANSWER = [str(ROOT / "target/debug/examples/answer")]
CATCHMENT = [str(ROOT / "target/debug/catchment")]


def packed(record):
    """The data of a golden record; tests/support/batch.rs says what each way of packing is."""
    text = "".join(record.get("text", []))
    match record["pack"]:
        case "absent":
            return None
        case "verbatim":
            return text
        case "gzip":
            raw = b"".join(gzip.compress(part.encode()) for part in record["text"])
        case "gzip-latin1":
            raw = gzip.compress(text.encode("latin-1"))
        case "gzip-cut-short":
            whole = gzip.compress(text.encode())
            raw = whole[: len(whole) // 2]
        case "gzip-over-cap":
            raw = gzip.compress((text + " " * (65 << 20)).encode())
        case "zlib":
            raw = zlib.compress(text.encode())
        case "plain":
            raw = text.encode()
    return b64encode(raw).decode()


def recorded(path):
    """The answers of `response.txt`: the outcome of each record, its partition keys, and its data if it is delivered."""
    answers = []
    for line in path.read_bytes().decode().removesuffix("\n").split("\n"):
        if line.startswith("record "):
            answers.append((line, None, []))
        elif line.startswith("  metadata "):
            answers[-1] = (answers[-1][0], json.loads(line.removeprefix("  metadata "))["partitionKeys"], [])
        elif line.startswith("  | "):
            answers[-1][2].append(line.removeprefix("  | "))
    return [(outcome, keys, "\n".join(data)) for outcome, keys, data in answers]


def compared(right, given):
    """What differs of an answer from one of `recorded`."""
    outcome, keys, data = given
    differences = [(right.keys, keys)] if (right.keys or None) != keys else []
    if (said := f"record {json.dumps(right.id, ensure_ascii=False)}: {right.result}") != outcome:
        return [*differences, (said, outcome)]
    if right.result == "Ok" and isinstance(right.data, bytes) and right.data.decode(errors="backslashreplace") != data:
        differences.append((right.data, data))
    elif right.result == "Ok" and not isinstance(right.data, bytes):
        differences += lines.differences(right.data, data.encode())
    return differences


class TheReading(unittest.TestCase):
    def test_it_says_what_the_golden_batches_say(self):
        for folder in sorted((ROOT / "tests/batches").iterdir()):
            with self.subTest(folder.name):
                case = tomllib.loads((folder / "batch.toml").read_text())
                if unread := case.get("settings", {}).keys() - {f"CATCHMENT_{name}" for name in READ}:
                    self.skipTest(f"the reading knows no {', '.join(unread)}")
                if case.get("settings", {}).keys() >= {"CATCHMENT_REDACT", "CATCHMENT_FORMAT"}:
                    self.skipTest("the reading knows no redaction of documents")
                records = [{"recordId": record["id"], "data": packed(record)} for record in case["records"]]
                event = json.dumps(case["event"] | {"records": records}).encode()
                right = reading.answers(event, settings_of(case.get("settings", {})))
                given = recorded(folder / "response.txt")
                self.assertEqual(len(right), len(given))
                self.assertEqual([compared(*pair) for pair in zip(right, given, strict=True)], [[]] * len(right))


# What the reading knows nothing of has tests of its own.
READ = ("FORMAT", "COMPRESSION", "PARTITION_KEYS", "SOURCES", "MAX_DECODED_MIB", "ACCOUNTS", "SCHEMA", "ORIGINAL", "RULES", "OVERFLOW", "REDACT", "REDACT_KEY")


def settings_of(variables):
    keys = variables.get("CATCHMENT_PARTITION_KEYS", "")
    return reading.Settings(
        variables.get("CATCHMENT_FORMAT", "events"),
        variables.get("CATCHMENT_COMPRESSION", "none"),
        tuple(keys.split(",")) if keys else (),
        json.loads(variables.get("CATCHMENT_SOURCES", "{}")),
        int(variables.get("CATCHMENT_MAX_DECODED_MIB", "64")),
        json.loads(variables.get("CATCHMENT_ACCOUNTS", "{}")),
        variables.get("CATCHMENT_SCHEMA", "none"),
        variables.get("CATCHMENT_ORIGINAL", "keep"),
        tuple(json.loads(variables.get("CATCHMENT_RULES", "[]"))),
        tuple(json.loads(variables.get("CATCHMENT_REDACT", "[]"))),
    )


SEED = "1"


class TheTransformer(unittest.TestCase):
    def agree(self, command, answers):
        """Compares that many answers, the same in each run; `make contract` has new ones."""
        seen, differences = compare.run_of_shares(command, SEED, answers)
        self.assertGreaterEqual(sum(seen.values()), answers)
        self.assertFalse(differences, show.report(command, SEED, differences, 8) if differences else "")
        return seen

    def test_the_library_answers_as_the_contract_says(self):
        seen = self.agree(ANSWER, 5000)
        missing = {name for stage in faults.STAGES.values() for name in stage} - set(seen)
        # Each kind of fault has some 35 answers in 5,000.
        self.assertLess(len(missing), 5, missing)

    def test_the_command_answers_as_the_contract_says(self):
        self.agree(CATCHMENT, 300)


class TheComparison(unittest.TestCase):
    """A difference is found and shown small, whatever it is in."""

    def found(self, name, wrong, module=reading, schemas=1):
        with mock.patch.object(module, name, wrong):
            seen, differences = {}, []
            for number in range(30):
                some, found = compare.share(ANSWER, "planted", number, schemas)
                seen |= some
                differences += found
                # What the reading has wrong may be rare.
                if differences and number >= 3:
                    break
            self.assertTrue(seen and differences)
            return show.report(ANSWER, "planted", differences, 1)

    def test_an_hour_that_is_the_minute(self):
        right = reading.partition_keys

        def wrong(firsts, *others):
            keys = right(firsts, *others)
            return keys | {"hour": f"{reading.moment_of(firsts[0][1]).minute:02}"} if "hour" in keys else keys

        report = self.found("partition_keys", wrong)
        self.assertIn("seed planted, share", report)

    def test_a_message_that_lacks_its_last_character(self):
        self.assertIn("opens to: b'", self.found("lines_of", lambda *given: map(cut, reading_lines(*given))))

    def test_a_record_that_is_dropped_for_its_length(self):
        self.found("delivered", lambda data, most: [] if len(data) > 900 else reading_delivered(data, most))

    def test_a_field_of_a_flow_log_in_the_place_of_another(self):
        swapped = list(reversed(lines.DEFAULT))
        self.assertRegex(self.found("DEFAULT", swapped, lines), "right: | is right, ")

    def test_a_document_that_lacks_what_its_row_says(self):
        right = documents.of_field
        self.assertIn("event.action: None is right, ", self.found("of_field", lambda row, *given: None if row.place == "event.action" else right(row, *given), documents))

    def test_a_rule_that_compares_with_regard_to_case(self):
        right = rules.wild
        self.found("wild", lambda pattern, text, cased: right(pattern, text, cased=True), rules, schemas=5)

    def test_a_rule_that_sees_no_parsed_flow_log(self):
        right = lines.judged
        self.found("judged", lambda text, *given: None if lines.OBJECT.match(text) and given[0] == "vpc-flow-logs" else right(text, *given), lines, schemas=5)

    def test_a_parsed_flow_log_that_cannot_be_redacted(self):
        def wrong(*given):
            raise redaction.NotRedacted("vpc-flow-logs")

        self.found("in_parsed", wrong, redaction, schemas=5)

    def test_an_event_of_ocsf_that_becomes_a_document_of_ecs(self):
        right = lines.already
        self.found("already", lambda text, source, schema: None if source != "vpc-flow-logs" and schema == "ecs" else right(text, source, schema), lines, schemas=5)


def cut(made):
    event, line = made
    return event, line[:-1] if isinstance(line, bytes) else line


reading_lines, reading_delivered = reading.lines_of, reading.delivered

if __name__ == "__main__":
    unittest.main()
