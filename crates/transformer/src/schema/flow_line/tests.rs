//! What is known of a field by its name.

use super::*;
use crate::source::vpc_flow_logs::FIELDS;

#[test]
fn whatever_tells_one_flow_from_another_is_not_steady() {
    let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    let format = names.iter().map(|name| format!("${{{name}}}"));
    let format = format.collect::<Vec<_>>().join(" ");
    let are_steady = FlowLine::new(&FlowLogFormat::parse(&format).unwrap()).are_steady();
    let fields = names.iter().zip(are_steady);
    let own = fields.filter(|(_, is_steady)| !is_steady);
    let own: Vec<_> = own.map(|(name, _)| *name).collect();
    let expected = "srcaddr dstaddr srcport dstport packets bytes start end tcp-flags pkt-srcaddr pkt-dstaddr packets-lost-no-route \
                    packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired";
    assert_eq!(own.join(" "), expected);
}

#[test]
fn addresses_are_looked_for_where_they_may_be() {
    let names = ["srcaddr", "pkt-dstaddr", "interface-id", "instance-tag"];
    let format = names.map(|name| format!("${{{name}}}")).join(" ");
    let line = FlowLine::new(&FlowLogFormat::parse(&format).unwrap());
    for (text, kinds) in [
        (
            "10.0.0.1 ::1 10.0.0.1 10.0.0.1",
            [Kind::Ipv4, Kind::Ipv6, Kind::Text, Kind::Text],
        ),
        (
            "x 10.0.0.256 - a",
            [Kind::Text, Kind::Text, Kind::Absent, Kind::Text],
        ),
    ] {
        let mut spans = Vec::new();
        let split = Split::new(text.as_bytes());
        assert!(line.find(text.as_bytes(), &split, &mut spans).is_ok());
        let found: Vec<_> = spans.iter().map(|span| span.kind).collect();
        assert_eq!(found, kinds, "{text}");
    }
}
