//! The Lambda that Firehose calls: a batch in, a response out.
//!
//! | what is inside a record | answer |
//! |---|---|
//! | a DATA_MESSAGE with log events | `Ok` with the events encoded |
//! | only `CONTROL_MESSAGE`, or `DATA_MESSAGE` without events | `Dropped` |
//! | anything else | `ProcessingFailed` with the original data |
//!
//! An `Ok` answer that does not fit into the response is `ProcessingFailed` too: the longest first, whatever the order of the
//! records. Or its record is split and put back to the stream it came from, and `Dropped` here. Original data is carried as far as there is room; Firehose has its own copy.
//!
//! [`Transformer::transform`] is the way in. The wire types are those of Firehose's transformation contract, see
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html>.

mod answers;
mod batch;
mod budget;
#[cfg(feature = "lambda")]
mod handler;
mod pending;
mod report;
mod response;
pub mod telemetry;
mod transform;

pub use batch::{Batch, BatchError, Record};
#[cfg(feature = "lambda")]
pub use handler::Function;
pub use pending::{Pending, Transformed};
pub use report::{Dropped, Failure, RecordError, Report};
pub use response::{Answer, RecordResult, Response};
pub use transform::Transformer;
