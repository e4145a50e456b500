//! How tests that store nothing turn it into bytes.

use palisade::store::Codec;
use tower::BoxError;

/// The bytes of nothing.
#[derive(Debug)]
pub struct Nothing;

impl Codec<()> for Nothing {
    fn encode(&self, (): &()) -> Result<Vec<u8>, BoxError> {
        Ok(Vec::new())
    }

    fn decode(&self, _: &[u8]) -> Result<(), BoxError> {
        Ok(())
    }
}
