//! The Lambda binary: environment once, settings, then one invocation after another.

mod runtime;

use std::process::ExitCode;

use catchment_transformer::Settings;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match settings() {
        Ok(settings) => runtime::serve(settings).await,
        Err(why) => runtime::refuse_to_start(&why).await.and(Err(why.into())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            runtime::log(&json!({"level": "ERROR", "message": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read once, here"
)]
fn settings() -> Result<Settings, String> {
    let pairs = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    Settings::from_pairs(pairs).map_err(|error| error.to_string())
}
