//! `native` for flow logs: AWS's names, with `_` for `-`.

use crate::schema::table::{Conversion, Row, Rows, Table};
use crate::source::Source;
use crate::source::vpc_flow_logs::{FIELDS, Kind, native_name};

/// Every field that AWS documents.
pub(super) fn table() -> Table {
    let rows = FIELDS.iter().map(|field| Row {
        from: field.name,
        since: field.since,
        to: native_name(field.name),
        conversion: match field.kind {
            Kind::Integer => Conversion::Integer,
            Kind::Port => Conversion::Port,
            Kind::Text => Conversion::Text,
            Kind::Tag => Conversion::Decoded,
        },
    });
    Table {
        source: Source::VpcFlowLogs,
        about: "A line has the fields of its log group's format: the default format, version 2, unless `CATCHMENT_SOURCES` says \
                otherwise. They stand in the order of the line. A field that is `-` is absent, so that a line with NODATA or SKIPDATA \
                has few.",
        rows: Rows::Fields(rows.collect()),
    }
}
