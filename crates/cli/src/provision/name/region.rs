//! Regions: their partitions, and which names AWS may have given.

use super::{Arn, Region};

/// The partitions, each with how its Regions' names begin, and the Regions that it has: the partition data of the AWS SDK for Rust
/// (aws-sdk-kinesis 1.130), which keeps it to itself.
const PARTITIONS: [Partition; 8] = [
    Partition::new("aws-cn", "cn-", &["cn-north-1", "cn-northwest-1"]),
    Partition::new("aws-us-gov", "us-gov-", &["us-gov-east-1", "us-gov-west-1"]),
    Partition::new("aws-eusc", "eusc-de-", &["eusc-de-east-1"]),
    Partition::new("aws-iso", "us-iso-", &["us-iso-east-1", "us-iso-west-1"]),
    Partition::new(
        "aws-iso-b",
        "us-isob-",
        &["us-isob-east-1", "us-isob-west-1"],
    ),
    Partition::new("aws-iso-e", "eu-isoe-", &["eu-isoe-west-1"]),
    Partition::new(
        "aws-iso-f",
        "us-isof-",
        &["us-isof-east-1", "us-isof-south-1"],
    ),
    // last, because its Regions may begin with anything
    Partition::new(
        "aws",
        "",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
];

struct Partition {
    name: &'static str,
    prefix: &'static str,
    regions: &'static [&'static str],
}

impl Partition {
    const fn new(
        name: &'static str,
        prefix: &'static str,
        regions: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            prefix,
            regions,
        }
    }
}

/// The second-to-last word of every Region so far. A new Region is taken for real if its name has one of them.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// How many Regions to name instead of one that does not exist.
const NEAREST_MAX: usize = 3;

impl Region {
    /// The partition of the Region, which is the second part of each ARN in it.
    pub(crate) fn partition(&self) -> &'static str {
        self.found().name
    }

    /// The Regions with the most similar names, if AWS has none of this name and would hardly give it to a new one.
    fn mistaken_for(&self) -> Option<Vec<&'static str>> {
        let Partition {
            prefix, regions, ..
        } = self.found();
        let rest = self.0.strip_prefix(prefix).unwrap_or_default();
        let words: Vec<&str> = rest.split('-').collect();
        let is_plausible = match words.as_slice() {
            [direction, _] if !prefix.is_empty() => DIRECTIONS.contains(direction),
            [area, direction, _] if prefix.is_empty() => {
                area.len() == 2 && DIRECTIONS.contains(direction)
            }
            _ => false,
        };
        if is_plausible || regions.contains(&self.as_str()) {
            return None;
        }
        let all = PARTITIONS.iter().flat_map(|partition| partition.regions);
        let similarity = |name: &str| strsim::jaro_winkler(&self.0, name);
        let mut all: Vec<_> = all.map(|name| (similarity(name), *name)).collect();
        all.sort_by(|left, right| right.0.total_cmp(&left.0));
        all.truncate(NEAREST_MAX);
        Some(all.into_iter().map(|(_, name)| name).collect())
    }

    /// What is wrong with the name, if AWS most likely has no Region of it.
    pub(crate) fn mistake(&self) -> Option<String> {
        let nearest = self.mistaken_for()?.join(", ");
        Some(format!(
            "AWS has no Region `{self}`; the nearest names are {nearest}"
        ))
    }

    /// What is wrong with an ARN that is used in this Region, if it is of another partition.
    pub(crate) fn of_other_partition(&self, arn: &Arn) -> Option<String> {
        let (of_arn, ours) = (arn.partition(), self.partition());
        (of_arn != ours)
            .then(|| format!("`{arn}` is of partition {of_arn}, but {self} is in {ours}"))
    }

    fn found(&self) -> &'static Partition {
        let [special @ .., aws] = &PARTITIONS;
        let partition = special.iter().find(|one| self.0.starts_with(one.prefix));
        partition.unwrap_or(aws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn every_region_is_in_the_partition_that_lists_it() {
        for partition in &PARTITIONS {
            for name in partition.regions {
                assert_eq!(region(name).partition(), partition.name, "{name}");
                assert_eq!(region(name).mistaken_for(), None);
            }
        }
    }

    #[test]
    fn new_regions_are_taken_and_mistaken_ones_are_not() {
        for name in [
            "us-west-9",
            "nz-south-1",
            "us-gov-central-1",
            "eusc-de-west-2",
        ] {
            assert_eq!(region(name).mistaken_for(), None, "{name}");
        }
        assert_eq!(region("us-wset-2").mistaken_for().unwrap()[0], "us-west-2");
        assert_eq!(region("eur-west-1").mistaken_for().unwrap()[0], "eu-west-1");
        assert_eq!(
            region("us-gov-wes-1").mistaken_for().unwrap()[0],
            "us-gov-west-1"
        );
    }
}
