//! The Lambda that Firehose calls: a batch in, a response out.
//!
//! [`Transformer::transform`] is the way in. The wire types are those of Firehose's transformation contract, see
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html>.

mod answers;
mod batch;
mod budget;
#[cfg(feature = "lambda")]
mod handler;
mod report;
mod response;
pub mod telemetry;
mod transform;

pub use batch::{Batch, BatchError, Record};
pub use report::{Dropped, Failure, RecordError, Report};
pub use response::{Answer, RecordResult, Response};
pub use transform::{Transformed, Transformer};
