//! The transformer: Firehose batches in, log events out.
