//! Where Firehose writes the objects in which a test event can be: the beginnings of their keys.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::BucketTarget;

/// What the keys of an object say of the event in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    pub account: &'a str,
    pub source: &'a str,
}

/// Where objects with the event can be, if they were begun at one of these times.
pub fn delivered(target: &BucketTarget, place: Place<'_>, hours: &[Timestamp]) -> BTreeSet<String> {
    expanded(
        &with_time(&target.prefix),
        Some(place),
        None,
        (target, hours),
    )
}

/// Where the error output of the transformer, and of the conversion behind it, can be.
pub fn failed(target: &BucketTarget, hours: &[Timestamp]) -> BTreeSet<String> {
    let BucketTarget {
        prefix,
        error_prefix,
        ..
    } = target;
    // <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html>: without a template of its own, it is below the other
    let template = match error_prefix.as_str() {
        "" => format!("{prefix}!{{firehose:error-output-type}}/"),
        template => template.to_owned(),
    };
    let kinds = ["processing-failed", "format-conversion-failed"];
    let of_kind = |kind| expanded(&with_time(&template), None, Some(kind), (target, hours));
    kinds.into_iter().flat_map(of_kind).collect()
}

/// The hours from one time to another, each by a time within it.
pub fn hours(from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    const HOUR: i64 = 60 * 60;
    let (first, last) = (from.as_second() / HOUR, to.as_second() / HOUR);
    (first..=last)
        .filter_map(|hour| Timestamp::from_second(hour * HOUR).ok())
        .collect()
}

/// Firehose appends the hour to a template that has no time.
fn with_time(template: &str) -> String {
    if template.contains("!{timestamp:") {
        template.to_owned()
    } else {
        format!("{template}!{{timestamp:yyyy/MM/dd/HH/}}")
    }
}

fn expanded(
    template: &str,
    place: Option<Place<'_>>,
    kind: Option<&str>,
    (target, hours): (&BucketTarget, &[Timestamp]),
) -> BTreeSet<String> {
    let at = |hour: &Timestamp| {
        let hour = target.is_utc.then_some(*hour);
        literal(template, |expression| match expression.split_once(':')? {
            ("timestamp", pattern) => time(pattern, hour?),
            ("partitionKeyFromLambda", "account") => Some(place?.account.to_owned()),
            ("partitionKeyFromLambda", "source") => Some(place?.source.to_owned()),
            // the event happened when it was put
            ("partitionKeyFromLambda", "year") => time("yyyy", hour?),
            ("partitionKeyFromLambda", "month") => time("MM", hour?),
            ("partitionKeyFromLambda", "day") => time("dd", hour?),
            ("partitionKeyFromLambda", "hour") => time("HH", hour?),
            ("firehose", "error-output-type") => kind.map(ToOwned::to_owned),
            _ => None,
        })
    };
    hours.iter().map(at).collect()
}

/// The beginning of a template up to the first expression whose value is not known.
fn literal(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("!{") {
        text += before;
        let Some((expression, after)) = after.split_once('}') else {
            return text;
        };
        match value(expression) {
            Some(value) => text += &value,
            None => return text,
        }
        rest = after;
    }
    text + rest
}

/// A time by a pattern of Java's DateTimeFormatter, of which only years, months, days and hours are known here.
fn time(pattern: &str, at: Timestamp) -> Option<String> {
    let time = at.to_zoned(TimeZone::UTC);
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let known = [
            ("yyyy", format!("{:04}", time.year())),
            ("MM", format!("{:02}", time.month())),
            ("dd", format!("{:02}", time.day())),
            ("HH", format!("{:02}", time.hour())),
        ];
        let found = known
            .iter()
            .find_map(|(name, value)| Some((rest.strip_prefix(*name)?, value)));
        match found {
            Some((after, value)) if !after.starts_with(first) => {
                text += value;
                rest = after;
            }
            None if !first.is_ascii_alphabetic() && first != '\'' => {
                text.push(first);
                rest = rest.strip_prefix(first)?;
            }
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place {
        account: "111122223333",
        source: "cloudtrail",
    };

    fn target(prefix: &str, error_prefix: &str, is_utc: bool) -> BucketTarget {
        BucketTarget {
            bucket: "b".to_owned(),
            prefix: prefix.to_owned(),
            error_prefix: error_prefix.to_owned(),
            is_utc,
            is_columnar: false,
            buffer_seconds: 0,
        }
    }

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_begin_as_their_template_says_as_far_as_it_is_known() {
        let hours = hours(
            "2026-11-21T22:59:00Z".parse().unwrap(),
            "2026-11-21T23:01:00Z".parse().unwrap(),
        );
        let lambda = "logs/account=!{partitionKeyFromLambda:account}/source=!{partitionKeyFromLambda:source}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/";
        let by_day = "logs/account=111122223333/source=cloudtrail/year=2026/month=11/day=21/";
        for (prefix, is_utc, expected) in [
            (lambda, true, set(&[by_day])),
            (
                lambda,
                false,
                set(&["logs/account=111122223333/source=cloudtrail/year="]),
            ),
            ("", true, set(&["2026/11/21/22/", "2026/11/21/23/"])),
            ("a/", true, set(&["a/2026/11/21/22/", "a/2026/11/21/23/"])),
            (
                "!{firehose:random-string}/!{timestamp:yyyy}",
                true,
                set(&[""]),
            ),
            ("a/!{timestamp:MMM}/", true, set(&["a/"])),
            ("a/!{timestamp:'x'yyyy}/", true, set(&["a/"])),
            (
                "!{partitionKeyFromQuery:account}/!{timestamp:yyyy}",
                true,
                set(&[""]),
            ),
            ("a!{", true, set(&["a"])),
        ] {
            assert_eq!(
                delivered(&target(prefix, "", is_utc), PLACE, &hours),
                expected,
                "{prefix}"
            );
        }
    }

    #[test]
    fn error_output_is_below_its_own_template_or_the_other() {
        let hours = hours(
            "2026-11-21T22:10:00Z".parse().unwrap(),
            "2026-11-21T22:50:00Z".parse().unwrap(),
        );
        let own = target(
            "logs/",
            "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
            true,
        );
        let expected = [
            "format-conversion-failed/2026/11/21/22/",
            "processing-failed/2026/11/21/22/",
        ];
        assert_eq!(failed(&own, &hours), set(&expected));
        let none = target("logs/", "", true);
        assert!(failed(&none, &hours).contains("logs/processing-failed/2026/11/21/22/"));
    }
}
