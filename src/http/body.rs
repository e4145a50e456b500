//! What the bodies of this room share.

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

/// Whether nothing is left of a body that is gone once it has ended.
pub(crate) fn is_at_end<B: Body>(body: Option<&B>) -> bool {
    body.is_none_or(Body::is_end_stream)
}

/// How much is left of a body that is gone once it has ended.
pub(crate) fn left<B: Body>(body: Option<&B>) -> SizeHint {
    body.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
}

/// How much there is, when so many bytes come before the rest.
pub(super) fn before(bytes: usize, rest: SizeHint) -> SizeHint {
    let bytes = bytes as u64;
    let mut hint = SizeHint::new();
    hint.set_lower(rest.lower().saturating_add(bytes));
    if let Some(upper) = rest.upper() {
        hint.set_upper(upper.saturating_add(bytes));
    }
    hint
}

/// The same frame with its data in one piece. `Bytes` are not copied.
pub(super) fn in_one_piece<D: Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}
