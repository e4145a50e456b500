//! What a call carries from replica to replica, and what it decides between them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::guard::ReplicaGuard;
use super::seat::Seat;
use super::set::Set;
use super::shared::{Core, short};
use super::used::ReplicaUsed;
use crate::cached_arc::CachedArc;
use crate::call::copies::KeepRequest;
use crate::context::{self, Deadline, Tried};
use crate::error::{Elapsed, Error, Rejection};
use crate::outcome::EndedBy;
use crate::state::replicas::{Choice, Member, PassedOver};
use crate::time::Nanos;

/// What is awaited before calls go to a replica.
pub(super) type Waited = Pin<Box<dyn Future<Output = Result<(), Option<Error>>> + Send>>;

/// What a call carries from replica to replica.
pub(super) struct Call<S, Request, E, K: KeepRequest<Request>> {
    set: Arc<Set<S>>,
    /// The request of the next try; `None` if none may follow, or the request could not be copied.
    request: Option<K::Kept>,
    key: u64,
    pub(super) end: E,
    pub(super) keep: K,
    /// Whether no copy may be asked for.
    is_sent_once: bool,
    has_waited: bool,
    /// `None` until a replica does not take it. Boxed, because that is rare, and all calls would be moved with it.
    passed_over: Option<Box<PassedBy>>,
}

/// What is known of the replicas that did not take a call.
#[derive(Default)]
struct PassedBy {
    ids: Vec<u64>,
    /// The last error that is no rejection.
    last: Option<Error>,
    rejected: Option<Rejection>,
    /// The shortest pause that a rejection asked for.
    retry_after: Option<Nanos>,
}

impl PassedBy {
    /// These and another one.
    #[cold]
    fn and(mut self, id: u64, error: Option<Error>) -> Self {
        self.ids.push(id);
        match error.as_ref().and_then(Error::rejection) {
            Some(rejection) => {
                let pause = rejection.retry_after().map(Nanos::from);
                self.retry_after = self.retry_after.into_iter().chain(pause).min();
                self.rejected = Some(rejection);
            }
            None => self.last = error.or(self.last),
        }
        self
    }
}

impl<S> Set<S> {
    /// Chooses one beside those that were tried.
    #[inline(always)]
    fn choose(&self, key: u64, tried: &[u64]) -> Option<Choice> {
        let Core { roster, clock, .. } = &*self.core;
        let (choice, changes) = roster.choose(&self.members, key, tried, clock);
        self.core.tell(changes);
        choice
    }

    /// Finds one that no earlier attempt of the call was sent to; if there is none, one that did not refuse this attempt. Where a replica
    /// first takes over, attempts stay with the one in use.
    #[inline(always)]
    fn find(&self, key: u64, tried: &[u64]) -> Option<Choice> {
        let sent_to = context::tried();
        let stays = sent_to == Tried::NOBODY || self.core.roster.rules().takes_over;
        if stays { self.choose(key, tried) } else { self.choose_untried(key, tried, sent_to) }
    }

    /// Chooses one that earlier attempts were not sent to either, if there is one.
    #[cold]
    fn choose_untried(&self, key: u64, tried: &[u64], sent_to: Tried) -> Option<Choice> {
        let ids = self.members.iter().map(|member| member.id());
        let all: Vec<_> = ids.filter(|id| sent_to.contains(short(*id)) || tried.contains(id)).collect();
        [&all, tried].into_iter().find_map(|tried| self.choose(key, tried))
    }
}

impl<S, Request, E, K: KeepRequest<Request>> Call<S, Request, E, K> {
    #[inline(always)]
    pub(super) fn new(set: Arc<Set<S>>, request: Request, key: u64, end: E, keep: K) -> Self {
        let is_sent_once = set.is_sent_once;
        let request = Some(keep.begin(request, is_sent_once));
        Self { set, request, key, end, keep, is_sent_once, has_waited: false, passed_over: None }
    }

    #[inline]
    pub(super) fn core(&self) -> &CachedArc<Core> {
        &self.set.core
    }

    /// The replicas that did not take it.
    #[inline]
    pub(super) fn tried(&self) -> &[u64] {
        self.passed_over.as_ref().map_or(&[], |passed| &passed.ids)
    }

    pub(super) fn seat(&self, index: usize) -> &Seat<S> {
        &self.set.seats[index]
    }

    #[inline(always)]
    pub(super) fn guard(&self, choice: Choice) -> ReplicaGuard {
        ReplicaGuard::new(self.core(), &self.set.members, choice)
    }

    /// Chooses the replica of the next try.
    #[inline(always)]
    pub(super) fn choose(&self) -> Option<Choice> {
        self.set.find(self.key, self.tried())
    }

    /// Takes the replicas that there are now, and returns whether they are others than before.
    #[cold]
    pub(super) fn renews(&mut self) -> bool {
        let newer = self.set.newer();
        newer.map(|set| self.set = set).is_some()
    }

    /// Notes for a retry or a hedge around that the call was sent to this replica.
    #[inline]
    pub(super) fn note(&self, index: usize) {
        context::try_on(short(self.set.members.get(index).id()));
    }

    /// Whether another replica may be tried.
    #[cold]
    pub(super) fn may_go_on(&self) -> bool {
        let has_tries = self.tried().len() < self.core().reach.max_tries;
        has_tries && self.request.as_ref().is_some_and(|copy| self.passed_over.is_none() || self.keep.reclaim(copy))
    }

    /// Notes that the call waits: its time may be over before it is sent.
    pub(super) const fn waits(&mut self) {
        self.has_waited = true;
    }

    /// Takes the request, to send it now, and keeps a copy if another try may follow. Fails where the time of the call is over.
    #[inline]
    pub(super) fn take_request(&mut self) -> Result<K::Sent, Error> {
        let request = self.request.take().expect("a replica is chosen for a request at hand");
        if self.has_waited && self.is_late(&request) {
            return Err(Error::TimedOut(Elapsed::not_sent(Duration::ZERO)));
        }
        if !self.is_sent_once && self.tried().len() + 1 < self.core().reach.max_tries {
            self.request = self.keep.copy(&request);
        }
        Ok(self.keep.pass(request))
    }

    fn is_late(&self, request: &K::Kept) -> bool {
        let own = self.keep.deadline(request);
        own.is_some_and(Deadline::has_come) || Deadline::current().is_some_and(Deadline::has_come)
    }

    /// Why the call may go on to another replica after this error; `None` if it may have been sent, or its time is over.
    pub(super) fn unsent(&self, error: &Error) -> Option<PassedOver> {
        match EndedBy::of::<()>(Err(error)) {
            EndedBy::Rejection(_) => Some(PassedOver::Rejected),
            EndedBy::Caller { .. } => None,
            EndedBy::Service => {
                let copy = self.request.as_ref()?;
                self.keep.was_not_sent(copy, error).then_some(PassedOver::NotSent)
            }
        }
    }

    /// Goes on from this replica, to which nothing was sent.
    #[inline(always)]
    pub(super) fn pass_over(&mut self, index: usize, why: PassedOver, error: Option<Error>) {
        self.core().count_passed_over(why);
        let (passed_over, id) = (self.passed_over.take(), self.set.members.get(index).id());
        // By value, so that a call stays in registers as long as none was passed over.
        self.passed_over = Some(Box::new(passed_over.map(|passed| *passed).unwrap_or_default().and(id, error)));
    }

    /// Which replica has answered, and which ones were tried before.
    #[cold]
    pub(super) fn used(&self, index: usize) -> ReplicaUsed {
        let (members, sent_to) = (&self.set.members, context::tried());
        let name = |member: &Member| Arc::clone(member.name());
        let sent_to = members.iter().filter(|member| sent_to.contains(short(member.id()))).map(|member| name(member));
        let passed_over = self
            .tried()
            .iter()
            .filter_map(|id| members.iter().find(|member| member.id() == *id))
            .map(|member| name(member));
        ReplicaUsed { name: name(members.get(index)), tried: sent_to.chain(passed_over).collect() }
    }

    /// The error of a call that no replica takes.
    #[cold]
    pub(super) fn give_up(&mut self) -> Error {
        let PassedBy { last, rejected, retry_after, .. } =
            self.passed_over.take().map(|passed| *passed).unwrap_or_default();
        last.unwrap_or_else(|| Error::Rejected(self.core().reject(rejected, retry_after)))
    }
}
