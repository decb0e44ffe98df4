//! The tables against ECS's own list of fields.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// ECS's fields with their types.
fn fields() -> BTreeMap<&'static str, &'static str> {
    let list = include_str!("../../../../../tests/schemas/ecs-fields.csv");
    let rows = list.lines().skip(1);
    rows.filter_map(|row| row.split_once(',')).collect()
}

#[test]
fn every_row_is_a_field_of_ecs_with_its_type_or_stands_under_aws() {
    let fields = fields();
    let mut used = BTreeSet::new();
    for mapping in mappings() {
        for row in mapping.layouts.iter().flat_map(|layout| &layout.rows) {
            if row.to.starts_with("aws.") {
                continue;
            }
            let point = ["lat", "lon"]
                .iter()
                .find_map(|part| row.to.strip_suffix(&format!(".{part}")));
            let field = point.unwrap_or(&row.to);
            let kind = match *fields
                .get(field)
                .unwrap_or_else(|| panic!("ECS has no field {field}"))
            {
                "keyword" | "match_only_text" | "wildcard" => "string",
                "date" => "time",
                "long" => "integer",
                "ip" => "IP address",
                "geo_point" => "number",
                other => other,
            };
            let given = row.value.kind();
            assert_eq!(given.trim_start_matches("array of "), kind, "{}", row.to);
            used.insert(field.to_owned());
            if let Value::Each(_, rows) = &row.value {
                for inner in rows {
                    let field = format!("{field}.{}", inner.to);
                    let kind = fields.get(field.as_str()).copied();
                    assert_eq!((kind, &*inner.value.kind()), (Some("keyword"), "string"));
                    used.insert(field);
                }
            }
        }
    }
    let unused: Vec<_> = fields
        .keys()
        .filter(|field| !used.contains(**field))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn no_place_is_filled_twice_or_inside_of_another() {
    for mapping in mappings() {
        for layout in &mapping.layouts {
            let mut places: Vec<&str> = Vec::new();
            for row in layout
                .rows
                .iter()
                .filter(|row| !matches!(row.value, Value::Rest))
            {
                let begins = |one: &str, other: &str| {
                    one.strip_prefix(other)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                let clash = places
                    .iter()
                    .find(|place| begins(place, &row.to) || begins(&row.to, place));
                assert_eq!(clash, None, "{}", row.to);
                places.push(&row.to);
            }
        }
    }
}
