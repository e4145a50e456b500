//! The `RetryInfo` among the details of a gRPC status.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use prost::Message;
use tonic::metadata::MetadataMap;

const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// `google.rpc.Status`, as far as it is read: <https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>.
#[derive(Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

/// `google.rpc.RetryInfo`.
#[derive(Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// How long the headers or the trailers of a response ask to wait.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<Duration> {
    // `Status::from_header_map` panics at a header that is not base64.
    let alone = HeaderMap::from_iter([(DETAILS, headers.get(DETAILS)?.clone())]);
    of_details(&MetadataMap::from_headers(alone).get_bin(DETAILS.as_str())?.to_bytes().ok()?)
}

/// How long these details ask to wait; a delay that is negative or out of range is as good as none.
pub(super) fn of_details(details: &[u8]) -> Option<Duration> {
    let details = Status::decode(details).ok()?.details;
    let info = details.into_iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value).ok()?.retry_delay?;
    let nanos = u32::try_from(delay.nanos).ok().filter(|&nanos| nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(delay.seconds).ok()?, nanos))
}
