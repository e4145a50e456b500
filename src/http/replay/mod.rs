//! The body of a request that may be sent more than once.

pub(super) mod source;
mod whole;

use std::any::Any;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tower::BoxError;

use self::source::{Progress, Source};
use self::whole::take_whole;
use crate::debug::debug_by_type;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering};

/// How many bytes are kept by default.
pub(crate) const CAP: usize = 64 * 1024;

/// Keeps a copy of a request's body, so that it can be sent again.
///
/// A body that is known to be whole in memory is shared by all attempts, if it is not larger than the cap: a
/// `http_body_util::Full<Bytes>`, also as another layer keeps it, and, with the feature `reqwest`, the bodies in memory of that
/// client. What follows is about all other bodies.
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
    content: Content<B>,
    /// Notes that a client begins to send the body.
    pub(super) begun: Option<Begun>,
}

enum Content<B> {
    /// All attempts have the same data.
    Whole { data: Bytes, is_sent: bool },
    /// One attempt at a time reads the source. Attempts made later have higher numbers.
    Shared { source: Arc<Mutex<Source<B>>>, attempt: u64, progress: Progress },
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

impl<B: Body + 'static> ReplayBody<B> {
    /// Makes the body of a first attempt, and keeps at most `cap` bytes of it.
    ///
    /// With a cap of zero it is sent once, unless it is empty.
    pub fn new(body: B, cap: usize) -> Self {
        Self::of(body, cap, cap)
    }

    /// Makes the body of an attempt that is sent while others are, if all of it is there.
    pub(super) fn beside(&self) -> Option<Self> {
        let data = match &self.content {
            Content::Whole { data, .. } => data.clone(),
            Content::Shared { source, .. } => source.lock().whole()?,
        };
        Some(Self { content: Content::Whole { data, is_sent: false }, begun: self.begun.clone() })
    }

    /// Makes the body of the only attempt, and keeps nothing of it.
    pub(super) fn once(body: B) -> Self {
        Self::of(body, usize::MAX, 0)
    }

    #[inline(always)]
    fn of(mut body: B, whole: usize, kept: usize) -> Self {
        let in_memory = |body: &mut B| kept_whole(body, whole).or_else(|| take_whole(body, whole));
        let data = if body.is_end_stream() { Some(Bytes::new()) } else { in_memory(&mut body) };
        let share = || {
            let source = Arc::new(Mutex::new(Source::new(body, kept)));
            Content::Shared { source, attempt: 0, progress: Progress::Unsent }
        };
        let content = data.map_or_else(share, |data| Content::Whole { data, is_sent: false });
        Self { content, begun: None }
    }
}

impl<B> ReplayBody<B> {
    /// Whether this clone can be sent whole.
    ///
    /// If it can, that stays so until it is polled. It cannot if there was more data than the cap, if the source failed, if it
    /// was sent in part, or if a newer clone owns the source. An older clone that still sends goes on unharmed, up to the frame
    /// that outgrows the cap.
    pub fn reclaim(&self) -> bool {
        match &self.content {
            Content::Whole { data, is_sent } => data.is_empty() || !is_sent,
            Content::Shared { source, attempt, progress } => {
                *progress == Progress::Unsent && source.lock().want(*attempt)
            }
        }
    }

    /// Whether the body failed because it is over a limit.
    pub(super) fn is_too_large(&self) -> bool {
        match &self.content {
            Content::Whole { .. } => false,
            Content::Shared { source, .. } => source.lock().is_too_large,
        }
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

    /// All the data of the body, if it is known to be in memory and was not sent.
    ///
    /// A watched body is never given away whole, because nobody would poll it.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Whole { data, is_sent: false } if self.begun.is_none() => Some(data),
            _ => None,
        }
    }
}

/// Makes the body of one more attempt, from the first byte.
impl<B> Clone for ReplayBody<B> {
    fn clone(&self) -> Self {
        let content = match &self.content {
            Content::Whole { data, .. } => Content::Whole { data: data.clone(), is_sent: false },
            Content::Shared { source, .. } => {
                let attempt = source.lock().add_attempt();
                Content::Shared { source: Arc::clone(source), attempt, progress: Progress::Unsent }
            }
        };
        Self { content, begun: self.begun.clone() }
    }
}

impl<B: Body<Error: Into<BoxError>> + Unpin> Body for ReplayBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.begin();
        match &mut self.content {
            Content::Whole { data, is_sent } => {
                let is_over = mem::replace(is_sent, true) || data.is_empty();
                Poll::Ready((!is_over).then(|| Ok(Frame::data(data.clone()))))
            }
            Content::Shared { source, attempt, progress } => poll_shared(source, *attempt, progress, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole { data, .. } if data.is_empty() => {
                // An empty body is never polled. A client asks for its end when it sends the head.
                self.begin();
                true
            }
            Content::Whole { is_sent, .. } => *is_sent,
            Content::Shared { progress: Progress::Done, .. } => true,
            Content::Shared { source, attempt, progress } => {
                let source = source.lock();
                if source.size_hint(*attempt, *progress).exact() == Some(0) {
                    // Nor is one polled that tells of no bytes.
                    self.begin();
                }
                source.is_at_end(*attempt, *progress)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole { data, is_sent: false } => SizeHint::with_exact(data.len() as u64),
            Content::Whole { .. } | Content::Shared { progress: Progress::Done, .. } => SizeHint::with_exact(0),
            Content::Shared { source, attempt, progress } => source.lock().size_hint(*attempt, *progress),
        }
    }
}

/// The data of a body that another layer keeps in memory, such as a retry around a hedge, if that is at most `cap` bytes.
fn kept_whole<B: 'static>(body: &B, cap: usize) -> Option<Bytes> {
    let kept = (body as &dyn Any).downcast_ref::<ReplayBody<Full<Bytes>>>()?;
    kept.whole().filter(|data| data.len() <= cap).cloned()
}

/// Polls for the next frame of an attempt that shares its source.
fn poll_shared<B: Body<Error: Into<BoxError>> + Unpin>(
    shared: &Arc<Mutex<Source<B>>>,
    attempt: u64,
    progress: &mut Progress,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
    let lost = match progress {
        Progress::Done => return Poll::Ready(None),
        Progress::Unsent => shared.lock().give_to(attempt),
        Progress::CaughtUp => None,
    };
    // The lock is free by now, because a waker may poll at once.
    if let Some(reader) = lost {
        reader.wake();
    }
    let mut source = shared.lock();
    if *progress == Progress::CaughtUp && Arc::strong_count(shared) == 1 {
        source.commit();
    }
    let polled = source.poll(attempt, *progress, cx);
    *progress = match &polled {
        Poll::Ready(None | Some(Err(_))) => Progress::Done,
        Poll::Ready(Some(Ok(frame))) if frame.is_trailers() || source.has_ended() => Progress::Done,
        _ => Progress::CaughtUp,
    };
    polled
}

impl<B: Body + Default + 'static> Default for ReplayBody<B> {
    fn default() -> Self {
        Self::new(B::default(), CAP)
    }
}

debug_by_type! { ReplayBody<B> }
