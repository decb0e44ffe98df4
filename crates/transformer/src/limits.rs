//! Every limit, with its unit and its source: AWS, a format, or our own choice.

/// The most bytes of a whole, serialised response.
///
/// Lambda's synchronous payload limit, "6 MB" in
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, is 6,291,556 bytes in the error that
/// Lambda reports for a longer one.
pub const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// One mebibyte in bytes, the unit of `CATCHMENT_MAX_DECODED_MIB`. Our own choice of unit.
pub const MIB: usize = 1024 * 1024;

/// The default cap on one record, decompressed, in MiB.
///
/// A record is at most 1,000 KiB as it arrives
/// (<https://docs.aws.amazon.com/firehose/latest/dev/limits.html>), and CloudTrail's JSON opens to about eight times
/// that: 64 MiB refuses nothing that CloudWatch Logs sends.
pub const DECODED_MIB_DEFAULT: usize = 64;

/// The most memory that one record takes, in multiples of the cap on it; the batch and the response come on top of that.
///
/// Our own choice, from measurements: 3.8 for one bare message that fills the cap, which is copied once into a buffer that
/// then grew by doubling, and 1.4 for everything else. With the default cap, 256 MiB for a record, 6 MB each for the request
/// and the response, and 16 MiB for what stays allocated fit into a function with 512 MB. Redaction takes twice the record more at
/// most, for the new text and the one message at hand.
pub const RECORD_MEMORY_PER_CAP: usize = 4;

/// The largest cap that can be set, in MiB. Our own choice: a Lambda function has at most 10,240 MB of memory, so a cap
/// near that would protect nothing.
pub const DECODED_MIB_MAX: usize = 1024;

/// The most bytes that one byte of a deflate stream can open to, a property of the format
/// (<https://zlib.net/zlib_tech.html>, "Maximum Compression Factor").
pub const DEFLATE_RATIO_MAX: usize = 1032;

/// The most JSON arrays and objects in one another. serde_json's limit for the values that it builds
/// (<https://docs.rs/serde_json/latest/serde_json/struct.Deserializer.html>, "disable_recursion_limit"), and the bits of a
/// `u128`.
pub const JSON_DEPTH_MAX: u32 = u128::BITS;

/// The most bytes of the names in a message: owner, log group, log stream, and the system fields. Our own choice, far above
/// the 512 characters of CloudWatch Logs
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>): names are copied to every line, so
/// their length decides over time and memory.
pub const NAME_BYTES_MAX: usize = 64 * 1024;

/// The most bytes of a message whose content is looked at to tell its source. Our own choice: twice the 1 MB that
/// CloudWatch Logs allows a log event, because a JSON string can be longer than what it stands for.
pub const CONTENT_BYTES_MAX: usize = 2 * MIB;

/// The most bytes of a string that an index takes as one term: Lucene's
/// (<https://lucene.apache.org/core/10_0_0/core/org/apache/lucene/index/IndexWriter.html#MAX_TERM_LENGTH>).
pub const TERM_BYTES_MAX: usize = 32_766;

/// The most bytes that a buffer keeps between batches; it frees what only a rare large record needs. Our own choice: records of
/// the common size open to less.
pub const SCRATCH_BYTES_MAX: usize = 16 * MIB;

/// The most record ids in one log line. Our own choice: enough to find the objects in the error output.
pub const LOGGED_RECORD_IDS_MAX: usize = 10;

/// Bytes of lines that are encoded as base64 at once, a multiple of three. Our own choice: most of a core's first cache,
/// which has 32 KiB or more.
pub const BASE64_PIECE_BYTES: usize = 24 * 1024;

/// Bytes of lines in one gzip member. Our own choice: a record of the common size is one member; a larger one is several,
/// which bounds its memory.
pub const GZIP_PIECE_BYTES: usize = 4 * MIB;

/// libdeflate's level for gzip output, 1 to 12. Our own choice, from the measurements in BENCHMARKS.md.
pub const GZIP_LEVEL: i32 = 1;

/// How often a log event is put back at most; then its record is `ProcessingFailed`. Our own choice: once is enough if batches
/// are as large as expected, so that more often means that they are not.
pub const HOPS_MAX: u8 = 3;

/// The most bytes that a piece of a record delivers, unless a single event delivers more. Our own choice: four or more pieces fit
/// into a response, so that they pack well.
pub const PIECE_OUTPUT_BYTES: usize = 1_000_000;

/// The most bytes that a piece delivers. Our own choice: as base64 it leaves a seventh of the response to the other records.
pub const PIECE_OUTPUT_ALONE_BYTES_MAX: usize = 4_000_000;

/// The most bytes that the text around one event takes in its output, names and Region apart: more than the longest line's keys,
/// time, source and error. Our own choice of bound.
pub const LINE_FRAME_BYTES: usize = 256;

/// The most bytes of a response that one answer takes besides its data: record id, result and punctuation. Our own choice of
/// bound; Firehose's record ids have 62 characters.
pub const ANSWER_FRAME_BYTES: usize = 128;

/// The most bytes of a record that is put back: Firehose's 1,000 KiB
/// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>). Kinesis allows 1 MiB with the partition
/// key (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
pub const PIECE_RECORD_BYTES_MAX: usize = 1000 * 1024;

/// The most records of one call of PutRecords or PutRecordBatch (same pages as for the size of a record).
pub const PUT_RECORDS_MAX: usize = 500;

/// The most bytes of one call of PutRecords, partition keys included
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>; newer pages say 10 MiB).
pub const PUT_RECORDS_BYTES_MAX: usize = 5 * MIB;

/// The most bytes of one call of PutRecordBatch, "4 MB"
/// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>).
pub const PUT_RECORD_BATCH_BYTES_MAX: usize = 4_000_000;

/// The bytes of records in a batch, if nothing shows that there are more: Firehose's default buffer for a transformation
/// (<https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>).
pub const BATCH_BYTES_DEFAULT: usize = MIB;

/// The most pieces of one batch. Our own choice: twenty calls of PutRecords, far more than a batch makes that comes from
/// CloudWatch Logs.
pub const PIECES_MAX: usize = 10_000;

/// The most bytes that the pieces of one batch take while they wait. Our own choice: sixteen times the bytes of the largest
/// batch, and what a function with 512 MB has to spare.
pub const PIECES_BYTES_MAX: usize = 64 * MIB;

/// The most rules. Our own choice: fewer than the 100 metrics that one embedded metric document may have, with room for the others
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
pub const RULES_MAX: usize = 64;

/// The most bytes of a rule's name, which becomes part of a metric's name. Our own choice.
pub const RULE_NAME_BYTES_MAX: usize = 64;

/// The most fields that a rule names. Our own choice.
pub const RULE_FIELDS_MAX: usize = 32;

/// The most bytes that a regular expression of a rule compiles to. Our own choice: a tenth of the default of the crate `regex`.
pub const RULE_REGEX_BYTES_MAX: usize = MIB;

/// The most events of which one is delivered. Our own choice.
pub const SAMPLE_RATE_MAX: u32 = 1_000_000;

/// The most fields that are redacted. Our own choice.
pub const REDACTED_FIELDS_MAX: usize = 256;

/// The fewest bytes of the key that hashes are made with: as many as SHA-256 has, "less than L bytes is strongly discouraged"
/// (<https://www.rfc-editor.org/rfc/rfc2104#section-3>).
pub const REDACT_KEY_BYTES_MIN: usize = 32;

/// Bytes of a hash that stand in the place of a value: half of HMAC-SHA-256, the least that
/// <https://www.rfc-editor.org/rfc/rfc2104#section-5> recommends.
pub const HASH_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_the_numbers_that_their_sources_say() {
        assert_eq!(MIB, 1_048_576);
        assert_eq!(NAME_BYTES_MAX, 65_536);
        assert_eq!(CONTENT_BYTES_MAX, 2_097_152);
        assert_eq!(SCRATCH_BYTES_MAX, 16_777_216);
        assert_eq!(BASE64_PIECE_BYTES, 24_576);
        assert_eq!(GZIP_PIECE_BYTES, 4_194_304);
        assert_eq!(PIECE_RECORD_BYTES_MAX, 1_024_000);
        assert_eq!(PUT_RECORDS_BYTES_MAX, 5_242_880);
        assert_eq!(PIECES_BYTES_MAX, 67_108_864);
        assert!(BASE64_PIECE_BYTES.is_multiple_of(3));
    }
}
