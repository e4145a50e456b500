//! The loads that the defaults of the crate are judged by.

use std::path::Path;

use serde::Deserialize;
use tower::BoxError;

use crate::policy::Policy;
use crate::scenario::Scenario;

#[derive(Deserialize)]
struct Workloads {
    #[serde(rename = "workload")]
    all: Vec<Scenario>,
}

/// Reads all of them.
pub(crate) fn workloads() -> Result<Vec<Scenario>, BoxError> {
    let Workloads { all } = toml::from_str(include_str!("workloads.toml"))?;
    Ok(all)
}

/// Reads a policy that the lab has.
pub(crate) fn policy(file: &str) -> Result<Policy, BoxError> {
    Policy::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/policies").join(file))
}
