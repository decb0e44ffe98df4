//! Every number that AWS or this crate sets, with its unit and where it comes from.

/// The most bytes that one invocation may answer with, whole and serialised.
///
/// Lambda's synchronous payload limit, "6 MB" in
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, is 6,291,556 bytes in the error that
/// Lambda gives for a longer one.
pub const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// One mebibyte in bytes, the unit of `CATCHMENT_MAX_DECODED_MIB`. Our own choice of unit.
pub const MIB: usize = 1024 * 1024;

/// The default cap on one record, decompressed, in MiB.
///
/// A record is at most 1,000 KiB as it arrives
/// (<https://docs.aws.amazon.com/firehose/latest/dev/limits.html>), and CloudTrail's JSON opens to about eight times
/// that: 64 MiB refuses nothing that CloudWatch Logs sends.
pub const DECODED_MIB_DEFAULT: usize = 64;

/// The largest cap that can be set, in MiB. Our own choice: a Lambda function has at most 10,240 MB of memory, and a cap
/// near that protects from nothing.
pub const DECODED_MIB_MAX: usize = 1024;

/// The most bytes that one byte of a deflate stream can open to, a property of the format
/// (<https://zlib.net/zlib_tech.html>, "Maximum Compression Factor").
pub const DEFLATE_RATIO_MAX: usize = 1032;

/// The most bytes of working memory kept between records and invocations; what a rare large record needed beyond it
/// is given back. Our own choice: records of the common size open to less.
pub const SCRATCH_BYTES_MAX: usize = 16 * MIB;

/// The most record ids that one invocation's log line names. Our own choice: enough to find the objects in the error
/// output.
pub const LOGGED_RECORD_IDS_MAX: usize = 10;

/// Bytes of one piece of lines on its way to base64: a multiple of three, so that no padding is needed between pieces.
/// Our own choice: a good part of the 32 KiB or more that a core's first cache has.
pub const BASE64_PIECE_BYTES: usize = 24 * 1024;

/// Bytes of lines that one gzip member holds. Our own choice: records of the common size are one member, and one that
/// opens wide is several, which bounds the memory that it takes.
pub const GZIP_PIECE_BYTES: usize = 4 * MIB;

/// libdeflate's level for gzip output, 1 to 12. Our own choice, from the measurements in BENCHMARKS.md.
pub const GZIP_LEVEL: i32 = 1;
