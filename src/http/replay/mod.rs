//! The body of a request that may be sent more than once.

pub(super) mod source;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use self::source::{Progress, Source};
use crate::debug::debug_by_type;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering};

/// How many bytes are kept by default.
pub(crate) const CAP: usize = 64 * 1024;

/// Keeps a copy of a request's body, so that it can be sent again.
///
/// The first attempt streams the body frame by frame, and its data is copied on the way. A clone is the body of one more attempt,
/// from the first byte: it sends the copy as one frame, then what no attempt has read yet, and the trailers.
///
/// At most `cap` bytes of data are kept, and the trailers. When there is more, the copy is freed. The attempt under way goes on
/// unharmed, but the body of any other attempt is an error. The copy is also freed when only one of several clones is left and
/// goes on, so a stream whose call has its response keeps no copy.
///
/// # Who reads
///
/// All clones share one source. Of the clones that were polled, the one that was made last owns it. An older clone may still be
/// sending, for example on a connection whose response came early. That clone is woken, its next frame is an error, and it
/// takes nothing more from the source.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::{BodyExt, Full};
/// use palisade::http::ReplayBody;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower::BoxError> {
/// let first = ReplayBody::new(Full::<Bytes>::from("hello"), 64 * 1024);
/// let second = first.clone();
///
/// assert_eq!(first.collect().await?.to_bytes(), "hello");
/// assert!(second.reclaim());
/// assert_eq!(second.collect().await?.to_bytes(), "hello");
/// # Ok(())
/// # }
/// ```
pub struct ReplayBody<B> {
    /// `None` when the body was at its end from the start.
    source: Option<Arc<Mutex<Source<B>>>>,
    /// Attempts made later have higher numbers.
    attempt: u64,
    progress: Progress,
    /// Notes that a client begins to send the body.
    pub(super) begun: Option<Begun>,
}

/// Tells whether a client began to send the body of the last attempt.
///
/// It stands in the extensions of requests that may be sent again only if nothing was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Begun(Arc<AtomicBool>);

impl Begun {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<B: Body> ReplayBody<B> {
    /// Makes the body of a first attempt, and keeps at most `cap` bytes of it.
    ///
    /// With a cap of zero it is sent once, unless it is empty.
    pub fn new(body: B, cap: usize) -> Self {
        let source = (!body.is_end_stream()).then(|| Arc::new(Mutex::new(Source::new(body, cap))));
        Self { source, attempt: 0, progress: Progress::Unsent, begun: None }
    }
}

impl<B> ReplayBody<B> {
    /// Whether this clone can be sent whole.
    ///
    /// If it can, that stays so until it is polled. It cannot if there was more data than the cap, if the source failed, if it
    /// was sent in part, or if a newer clone owns the source. An older clone that still sends goes on unharmed, up to the frame
    /// that outgrows the cap.
    pub fn reclaim(&self) -> bool {
        self.source.as_ref().is_none_or(|source| self.is_unsent() && source.lock().want(self.attempt))
    }

    /// Notes that a client begins to send the body. What brings the end of the call to its caller orders this before it.
    fn begin(&self) {
        if let Some(Begun(begun)) = &self.begun {
            begun.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that an attempt is to come, which has sent nothing yet.
    pub(super) fn unbegin(&self) {
        if let Some(Begun(begun)) = &self.begun {
            begun.store(false, Ordering::Relaxed);
        }
    }

    /// All the data of the body, if `bytes` knows it and neither the attempt nor the source was read yet.
    ///
    /// A watched body is never given away whole, because nobody would poll it.
    #[cfg(feature = "reqwest")]
    pub(crate) fn whole(&self, bytes: impl FnOnce(&B) -> Option<&[u8]>) -> Option<Bytes> {
        let source = self.source.as_ref().filter(|_| self.begun.is_none() && self.is_unsent())?;
        source.lock().unread(bytes)
    }

    /// The source, while the attempt has something left to send.
    fn source(&self) -> Option<&Arc<Mutex<Source<B>>>> {
        self.source.as_ref().filter(|_| self.progress != Progress::Done)
    }

    const fn is_unsent(&self) -> bool {
        matches!(self.progress, Progress::Unsent)
    }
}

/// Makes the body of one more attempt, from the first byte.
impl<B> Clone for ReplayBody<B> {
    fn clone(&self) -> Self {
        let attempt = self.source.as_ref().map_or(0, |source| source.lock().add_attempt());
        Self { source: self.source.clone(), attempt, progress: Progress::Unsent, begun: self.begun.clone() }
    }
}

impl<B: Body<Error: Into<BoxError>> + Unpin> Body for ReplayBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.begin();
        let Some(shared) = self.source() else { return Poll::Ready(None) };
        let lost = if self.is_unsent() { shared.lock().give_to(self.attempt) } else { None };
        // The lock is free by now, because a waker may poll at once.
        if let Some(reader) = lost {
            reader.wake();
        }
        let mut source = shared.lock();
        if self.progress == Progress::CaughtUp && Arc::strong_count(shared) == 1 {
            source.commit();
        }
        let polled = source.poll(self.attempt, self.progress, cx);
        let progress = match &polled {
            Poll::Ready(None | Some(Err(_))) => Progress::Done,
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() || source.has_ended() => Progress::Done,
            _ => Progress::CaughtUp,
        };
        drop(source);
        self.progress = progress;
        polled
    }

    fn is_end_stream(&self) -> bool {
        if self.source.is_none() {
            // An empty body is never polled. A client asks for its end when it sends the head.
            self.begin();
        }
        self.source().is_none_or(|source| source.lock().is_at_end(self.attempt, self.progress))
    }

    fn size_hint(&self) -> SizeHint {
        let left = |source: &Arc<Mutex<Source<B>>>| source.lock().size_hint(self.attempt, self.progress);
        self.source().map_or_else(|| SizeHint::with_exact(0), left)
    }
}

impl<B: Body + Default> Default for ReplayBody<B> {
    fn default() -> Self {
        Self::new(B::default(), CAP)
    }
}

debug_by_type! { ReplayBody<B> }
