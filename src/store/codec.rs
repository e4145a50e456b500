//! How values become bytes.

use std::fmt;

use tower::BoxError;

/// Makes bytes of a value, and the value of them.
pub trait Codec<T>: fmt::Debug + Send + Sync + 'static {
    /// The bytes of a value.
    ///
    /// # Errors
    ///
    /// When the value has no bytes, such as a body that streams.
    fn encode(&self, value: &T) -> Result<Vec<u8>, BoxError>;

    /// The value of bytes.
    ///
    /// # Errors
    ///
    /// When the bytes are no such value.
    fn decode(&self, bytes: &[u8]) -> Result<T, BoxError>;
}

/// JSON, by serde.
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

#[cfg(feature = "serde")]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Codec<T> for Json {
    fn encode(&self, value: &T) -> Result<Vec<u8>, BoxError> {
        Ok(serde_json::to_vec(value)?)
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, BoxError> {
        Ok(serde_json::from_slice(bytes)?)
    }
}
