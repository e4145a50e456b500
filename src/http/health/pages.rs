//! The pages of a service's health.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use super::json;
use super::respond::{empty, not_allowed, service_by_respond};
use crate::health::{CheckKind, Health, HealthCheck, found};
use crate::state::verdict::Level;

/// Serves the [health](crate::health::Health) of a service, see the [page of this module](super).
///
/// Made by [`Health::service`]. Clones serve the same health.
#[derive(Clone, Debug)]
pub struct HealthService {
    health: Health,
    shows_outputs: bool,
}

impl Health {
    /// Makes a service that tells this health to those who probe.
    ///
    /// It answers from the verdicts that are there, and runs no check.
    pub fn service(&self) -> HealthService {
        HealthService { health: self.clone(), shows_outputs: false }
    }
}

impl HealthService {
    /// Shows why a check is not healthy.
    ///
    /// Reasons are the texts of errors, which may tell strangers of hosts and versions. Defaults to not showing them.
    #[must_use]
    pub fn show_outputs(self) -> Self {
        Self { shows_outputs: true, ..self }
    }

    fn page(&self, path: &str) -> Option<Page<'_>> {
        let health = &self.health;
        // Under any prefix.
        Some(match path.rsplit('/').next()? {
            "livez" => Page::new(Level::Healthy),
            "startupz" if health.has_started() => Page::new(Level::Healthy),
            "startupz" => Page { output: Some("starting"), ..Page::new(Level::Unhealthy) },
            "readyz" if health.is_draining() => Page { output: Some("draining"), ..Page::new(Level::Unhealthy) },
            "readyz" => Page { checks: weighing(health), ..Page::new(health.level()) },
            "health" => Page { checks: health.checks().collect(), ..Page::new(health.level()) },
            "deep" if path.ends_with("/health/deep") => {
                let informing = health.checks().filter(|(kind, _)| *kind == CheckKind::Informing);
                let level = informing.map(|(_, check)| found(check)).fold(health.level(), Ord::max);
                Page { checks: health.checks().collect(), ..Page::new(level) }
            }
            _ => return None,
        })
    }

    fn respond(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let Some(page) = self.page(path) else { return empty(StatusCode::NOT_FOUND) };
        if method != Method::GET && method != Method::HEAD {
            return not_allowed("GET, HEAD");
        }
        let text = json::page(page.level, page.output, &page.checks, self.shows_outputs);
        let length = text.len();
        let body = if method == Method::HEAD { Bytes::new() } else { text.into() };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() =
            if page.level < Level::Unhealthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/health+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_LENGTH, length.into());
        response
    }
}

/// What a page says.
struct Page<'a> {
    level: Level,
    output: Option<&'static str>,
    checks: Vec<(CheckKind, &'a HealthCheck)>,
}

impl Page<'_> {
    const fn new(level: Level) -> Self {
        Self { level, output: None, checks: Vec::new() }
    }
}

/// The checks that readiness goes by.
fn weighing(health: &Health) -> Vec<(CheckKind, &HealthCheck)> {
    health.checks().filter(|(kind, _)| *kind != CheckKind::Informing).collect()
}

service_by_respond!(HealthService);
