//! Every number that AWS or this crate sets, with its unit and where it comes from.

/// The most bytes that one invocation may answer with, whole and serialised.
///
/// Lambda's synchronous payload limit, "6 MB" in
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, is 6,291,556 bytes in the error that
/// Lambda gives for a longer one.
pub const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// One mebibyte in bytes, the unit of `CATCHMENT_MAX_DECODED_MIB`.
pub const MIB: usize = 1024 * 1024;

/// The default cap on one record, decompressed, in MiB.
///
/// A record is at most 1,000 KiB as it arrives
/// (<https://docs.aws.amazon.com/firehose/latest/dev/limits.html>), and CloudTrail's JSON opens to about eight times
/// that: 64 MiB refuses nothing that CloudWatch Logs sends.
pub const DECODED_MIB_DEFAULT: usize = 64;

/// The largest cap that can be set, in MiB: a Lambda function has at most 10,240 MB of memory, and a cap near that
/// protects from nothing.
pub const DECODED_MIB_MAX: usize = 1024;

/// The most bytes that one byte of a deflate stream can open to, a property of the format
/// (<https://zlib.net/zlib_tech.html>, "Maximum Compression Factor").
pub const DEFLATE_RATIO_MAX: usize = 1032;

/// The most bytes of working memory kept between records and invocations; what a rare large record needed beyond it
/// is given back.
pub const SCRATCH_BYTES_MAX: usize = 16 * MIB;

/// The most record ids that one invocation's log line names: enough to find the objects in the error output.
pub const LOGGED_RECORD_IDS_MAX: usize = 10;

/// libdeflate's level for gzip output, 1 to 12; chosen from the measurements in BENCHMARKS.md.
pub const GZIP_LEVEL: i32 = 1;
