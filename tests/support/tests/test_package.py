"""The zip that is deployed, and the list of what is inside."""

import os
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import package

PLATFORM = "x86_64-unknown-linux-gnu"


class Zip(unittest.TestCase):
    def test_the_same_binary_gives_the_same_zip_at_any_time_and_place(self):
        zips = []
        for age in (0, 1_000_000_000):
            with tempfile.TemporaryDirectory() as folder:
                binary, target = Path(folder, "built"), Path(folder, "a.zip")
                binary.write_bytes(b"\x7fELF" * 1000)
                os.utime(binary, (age, age))
                package.pack(binary, target)
                with zipfile.ZipFile(target) as archive:
                    (entry,) = archive.infolist()
                    self.assertEqual((entry.filename, entry.external_attr >> 16), ("bootstrap", 0o100755))
                zips.append(target.read_bytes())
        self.assertEqual(*zips)


class Sbom(unittest.TestCase):
    def test_it_lists_what_the_binary_links_with_licence_and_checksum_and_no_test_tool(self):
        listed = package.sbom(PLATFORM)
        self.assertEqual(listed, package.sbom(PLATFORM))
        names = {component["name"] for component in listed["components"]}
        self.assertLessEqual({"aws-sdk-kinesis", "flate2", "lambda_runtime", "serde_json", "tokio"}, names)
        self.assertFalse({"catchment", "catchment-transformer", "criterion", "insta", "proptest"} & names)
        for component in listed["components"]:
            with self.subTest(component=component["name"]):
                self.assertTrue(component["licenses"])
                self.assertEqual(len(component["hashes"][0]["content"]), 64)
        self.assertEqual(listed["metadata"]["component"]["name"], "catchment-transformer")


if __name__ == "__main__":
    unittest.main()
