//! Numbers in headers, of HTTP and of gRPC.

/// Reads a number that is digits only, with no sign. What does not fit is `u64::MAX`.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let add = |sum: u64, digit| Some(sum.saturating_mul(10).saturating_add(digit?));
    (!text.is_empty()).then_some(())?;
    text.iter().map(digit).try_fold(0, add)
}
