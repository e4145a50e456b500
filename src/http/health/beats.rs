//! The beats of nodes, as requests.

use std::fmt::Write;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;

use super::respond::{empty, not_allowed, service_by_respond};
use crate::health::Heartbeats;

/// Takes beats that come over HTTP, see the [page of this module](super).
///
/// Made by [`Heartbeats::service`]. Clones take beats for the same nodes.
#[derive(Clone, Debug)]
pub struct BeatService {
    heartbeats: Heartbeats,
}

impl Heartbeats {
    /// Makes a service that takes the beats of a [`Beater`](super::Beater): a `PUT` or `POST` whose path ends with the node's name,
    /// percent-encoded, such as `/beats/node-1`.
    ///
    /// It responds with 204 where the beat counts, 400 where the name is not legal, and 503 where there is no room. Anybody who reaches
    /// it can beat for any node: keep it inside.
    pub fn service(&self) -> BeatService {
        BeatService { heartbeats: self.clone() }
    }
}

impl BeatService {
    fn respond(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::PUT && method != Method::POST {
            return not_allowed("PUT, POST");
        }
        let node = path.rsplit('/').next().and_then(decode);
        empty(match node.filter(|node| (1..=Heartbeats::MAX_NODE_LEN).contains(&node.len())) {
            None => StatusCode::BAD_REQUEST,
            Some(node) if self.heartbeats.beat(&node) => StatusCode::NO_CONTENT,
            Some(_) => StatusCode::SERVICE_UNAVAILABLE,
        })
    }
}

service_by_respond!(BeatService);

/// A name as a segment of a path has it: all but letters, digits and `-._~` is percent-encoded (RFC 3986).
pub(super) fn encode(node: &str) -> String {
    let mut segment = String::new();
    for byte in node.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => segment.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => segment.push(byte.into()),
            // A string takes all that is written to it.
            _ => drop(write!(segment, "%{byte:02X}")),
        }
    }
    segment
}

/// The name in a segment, if it is one.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { digit(bytes.next()?)? << 4 | digit(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
