//! The Lambda that Firehose calls: reads the environment once, then serves one invocation after another.

use std::process::ExitCode;

use catchment_transformer::lambda::{self, Refusal};
use catchment_transformer::{Settings, Transformer};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match settings() {
        Ok(settings) => lambda::serve(move || Transformer::new(settings.clone())).await,
        Err(refusal) => lambda::refuse_to_start(&refusal)
            .await
            .and(Err(refusal.message.into())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda::log(&json!({"level": "ERROR", "message": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read once, here"
)]
fn settings() -> Result<Settings, Refusal> {
    let pairs = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    Settings::from_pairs(pairs).map_err(|error| Refusal {
        kind: "Catchment.WrongSetting",
        message: error.to_string(),
    })
}
