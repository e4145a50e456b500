//! A status with everything in it, which no layer may change.

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

pub(crate) fn whole(code: Code) -> Status {
    let mut status = Status::with_details(code, "why: \u{e4} 100% b", b"what \x00 happened\xff".to_vec().into());
    status.metadata_mut().insert("x-shard", "7".parse().expect("it can be sent"));
    status.metadata_mut().insert("grpc-retry-pushback-ms", "77".parse().expect("it can be sent"));
    status.metadata_mut().insert_bin("x-trace-bin", MetadataValue::from_bytes(&[0, 255, 7]));
    status
}

pub(crate) fn assert_whole(status: &Status, code: Code) {
    let told = whole(code);
    assert_eq!((status.code(), status.message(), status.details()), (code, told.message(), told.details()));
    for key in ["x-shard", "grpc-retry-pushback-ms", "grpc-status"] {
        assert_eq!(status.metadata().get(key), told.metadata().get(key), "{key}");
    }
    assert_eq!(status.metadata().get_bin("x-trace-bin"), told.metadata().get_bin("x-trace-bin"));
}
