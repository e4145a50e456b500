//! What a request to steer says, and what becomes of it.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::shared::Shared;
use crate::registry::{Action, SteerError, Target};
use crate::source::Kind;
use crate::state::rate::Rate;

/// Steers by what was read, and says how many instances took it.
pub(super) fn steer(shared: &Shared, read: &[u8], by: &str) -> Result<Reply, Refusal> {
    let malformed = Refusal::Malformed;
    let request: Json = serde_json::from_slice(read).map_err(|_| malformed("The body is not JSON."))?;
    let target =
        target(&request).ok_or(malformed("`kind`, `name` or `key` is missing or not legal. See `instances`."))?;
    let action =
        action(&request).ok_or(malformed("`action` or its value is missing or not legal. See `palisade::page`."))?;
    match shared.registry.steer(&target, &action, by) {
        Ok(steered) => Ok(reply::json(StatusCode::OK, &json!({ "steered": steered }))),
        // The text of either names what is there, with its keys.
        Err(SteerError::NotListed { .. } | SteerError::NeedsKey { .. }) => Err(Refusal::NotListed),
        Err(error) => Ok(reply::text(StatusCode::BAD_REQUEST, error.to_string())),
    }
}

fn target(request: &Json) -> Option<Target<'_>> {
    let kind = request["kind"].as_str()?;
    let kind = Kind::ALL.iter().find(|known| known.as_str() == kind)?;
    let target = Target::new(*kind, request["name"].as_str()?);
    match &request["key"] {
        Json::Null => Some(target),
        key => Some(target.key(key.as_str()?)),
    }
}

/// The action of this word, with its values.
fn action(request: &Json) -> Option<Action> {
    let number = |field: &str| request[field].as_u64();
    let small = |field: &str| number(field)?.try_into().ok();
    Some(match request["action"].as_str()? {
        "force_open" => Action::ForceOpen,
        "force_closed" => Action::ForceClosed,
        "metrics_only" => Action::MetricsOnly,
        "reset" => Action::Reset,
        "resize" => Action::Resize(number("limit")?.try_into().ok()?),
        "set_rate" => Action::SetRate(Rate::per(seconds(request)?, small("calls")?)),
        "set_burst" => Action::SetBurst(small("calls")?),
        "clear" => Action::Clear,
        "drain" => Action::Drain,
        "undrain" => Action::Undrain,
        "start" => Action::Start,
        "halt" => Action::Halt,
        "always" => Action::Always,
        "auto" => Action::Auto,
        "promote" => Action::Promote,
        "eject" => Action::Eject,
        "readmit" => Action::Readmit,
        "set" => Action::Set(request["mode"].as_str()?.to_owned().into()),
        "set_weight" => Action::SetWeight(small("weight")?),
        _ => return None,
    })
}

fn seconds(request: &Json) -> Option<Duration> {
    Duration::try_from_secs_f64(request["seconds"].as_f64()?).ok()
}
