//! The health of all services that the registry lists, in one answer.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;

use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::trouble::word;
use crate::registry::Registry;
use crate::source::Kind;

/// The worst verdict decides. Without a [`Health`](crate::Health) there is nothing to say, and that is no good health.
pub(super) fn respond(registry: &Registry) -> Result<Reply, Refusal> {
    let instances = registry.instances();
    let healths = instances.iter().filter(|instance| instance.kind == Kind::Health);
    let mut services = BTreeMap::new();
    for health in healths {
        let status = word(health, "verdict").map_or(Status::Fail, Status::of);
        let known = services.entry(health.name.as_str()).or_insert(status);
        *known = status.max(*known);
    }
    let worst = *services.values().max().ok_or(Refusal::NoHealth)?;
    let services: BTreeMap<_, _> = services.into_iter().map(|(name, status)| (name, status.as_str())).collect();
    let status = if worst == Status::Fail { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(reply::json(status, &json!({ "status": worst.as_str(), "services": services })))
}

/// A verdict in the words of `http::health`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Pass,
    Warn,
    Fail,
}

impl Status {
    fn of(verdict: &str) -> Self {
        match verdict {
            "healthy" => Self::Pass,
            "degraded" => Self::Warn,
            _ => Self::Fail,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}
