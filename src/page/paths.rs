//! The paths of the page, and what each shows.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode};

use super::body::PageBody;
use super::document::DOCUMENT;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::shared::Shared;
use super::stream::Stream;
use super::{frame, health, scrape};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Document,
    Events,
    Instances,
    Metrics,
    Health,
    Steer,
}

/// What a request gets.
pub(super) enum Answer {
    Whole(Reply),
    /// What the body of the request says, once it was read.
    Steer {
        by: String,
    },
}

impl Path {
    /// By the last segment, so under any prefix.
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path.rsplit('/').next()? {
            "" => Self::Document,
            "events" => Self::Events,
            "instances" => Self::Instances,
            "metrics" => Self::Metrics,
            "health" => Self::Health,
            "steer" => Self::Steer,
            _ => return None,
        })
    }

    pub(super) fn check_method(self, method: &Method) -> Result<(), Refusal> {
        let (is_allowed, allowed) = match self {
            Self::Steer => (method == Method::POST, "POST"),
            _ => (method == Method::GET || method == Method::HEAD, "GET, HEAD"),
        };
        if is_allowed { Ok(()) } else { Err(Refusal::Method(allowed)) }
    }

    /// The response to who may read.
    pub(super) fn respond(self, shared: &Arc<Shared>, parts: &Parts) -> Result<Reply, Refusal> {
        let Shared { registry, gate, .. } = &**shared;
        Ok(match self {
            Self::Document => reply::whole(StatusCode::OK, "text/html; charset=utf-8", DOCUMENT.clone()),
            Self::Events => {
                let stream = Stream::begin(shared, gate.may_steer(parts))?;
                reply::events(PageBody::stream(stream))
            }
            Self::Instances => reply::json(StatusCode::OK, &frame::instances(registry, gate.shows_keys)),
            Self::Metrics => scrape::respond(registry)?,
            Self::Health => health::respond(registry)?,
            Self::Steer => return Err(Refusal::Method("POST")),
        })
    }
}
