//! What a call carries from replica to replica, and what it decides between them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::guard::ReplicaGuard;
use super::mark::ReplicaUsed;
use super::seat::Seat;
use super::set::Set;
use super::shared::{Core, short};
use crate::cached_arc::CachedArc;
use crate::call::copies::KeepRequest;
use crate::context::{self, Deadline, Tried};
use crate::error::{Elapsed, Error};
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
    /// The shortest pause that a rejection asked for.
    retry_after: Option<Nanos>,
}

impl<S, Request, E, K: KeepRequest<Request>> Call<S, Request, E, K> {
    pub(super) fn new(set: Arc<Set<S>>, request: Request, key: u64, end: E, keep: K) -> Self {
        let is_sent_once = set.core.reach.max_tries.min(set.seats.len()) <= 1;
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

    pub(super) fn seat(&self, guard: &ReplicaGuard) -> &Seat<S> {
        &self.set.seats[guard.index]
    }

    /// Chooses the replica of the next try. Fails where there is none.
    #[inline]
    pub(super) fn choose(&mut self) -> Result<ReplicaGuard, Error> {
        match self.find() {
            Some(choice) => Ok(ReplicaGuard::new(self.core(), &self.set.members, choice)),
            None => Err(self.give_up()),
        }
    }

    #[inline]
    fn find(&mut self) -> Option<Choice> {
        if self.passed_over.is_some() && !self.may_go_on() {
            return None;
        }
        self.find_here().or_else(|| self.find_anew())
    }

    /// Where there is none in the set that the call began with: finds one in the newest.
    #[cold]
    fn find_anew(&mut self) -> Option<Choice> {
        let mut found = None;
        while let (None, Some(newer)) = (&found, self.set.newer()) {
            self.set = newer;
            found = self.find_here();
        }
        found
    }

    /// Finds one that no earlier attempt of the call was sent to; if there is none, one that did not refuse this attempt. Where a replica
    /// first takes over, attempts stay with the one in use.
    #[inline]
    fn find_here(&self) -> Option<Choice> {
        let sent_to = context::tried();
        let stays = sent_to == Tried::NOBODY || self.core().roster.rules().takes_over;
        let other = if stays { None } else { self.find_untried(sent_to) };
        other.or_else(|| self.find_beside(self.tried()))
    }

    #[cold]
    fn find_untried(&self, sent_to: Tried) -> Option<Choice> {
        let ids = self.set.members.iter().map(|member| member.id());
        let tried: Vec<_> = ids.filter(|id| sent_to.contains(short(*id)) || self.tried().contains(id)).collect();
        self.find_beside(&tried)
    }

    /// Notes for a retry around that the call was sent to this replica.
    #[inline]
    pub(super) fn note(&self, index: usize) {
        context::try_on(short(self.set.members.get(index).id()));
    }

    #[cold]
    fn may_go_on(&self) -> bool {
        let has_tries = self.tried().len() < self.core().reach.max_tries;
        has_tries && self.request.as_ref().is_some_and(|copy| self.keep.reclaim(copy))
    }

    #[inline]
    fn find_beside(&self, tried: &[u64]) -> Option<Choice> {
        let Core { roster, clock, .. } = &**self.core();
        let (choice, changes) = roster.choose(&self.set.members, self.key, tried, clock);
        self.core().tell(changes);
        choice
    }

    /// What is to be awaited before calls go to this replica. Boxed, because nearly all calls find nothing to await, and carry no room for it.
    #[inline]
    pub(super) fn first(&self, guard: &ReplicaGuard) -> Option<Waited> {
        let first = self.seat(guard).first.as_ref()?;
        if first.is_done() { None } else { Some(Box::pin(Arc::clone(first).wait())) }
    }

    /// Whether the call waits for a replica that is not ready.
    pub(super) fn awaits_readiness(&self) -> bool {
        !self.core().reach.ready_within.is_zero()
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
        let may_follow = self.tried().len() + 1 < self.core().reach.max_tries.min(self.set.seats.len());
        if may_follow && !self.is_sent_once {
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
    #[cold]
    pub(super) fn pass_over(&mut self, index: usize, why: PassedOver, error: Option<Error>) {
        self.core().count_passed_over(why);
        self.has_waited = true;
        let PassedBy { ids, last, retry_after } = &mut **self.passed_over.get_or_insert_default();
        ids.push(self.set.members.get(index).id());
        match error.as_ref().and_then(Error::rejection) {
            Some(rejection) => {
                let pause = rejection.retry_after().map(Nanos::from);
                *retry_after = retry_after.take().into_iter().chain(pause).min();
            }
            None => *last = error.or_else(|| last.take()),
        }
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
    fn give_up(&mut self) -> Error {
        let PassedBy { last, retry_after, .. } = self.passed_over.take().map(|passed| *passed).unwrap_or_default();
        last.unwrap_or_else(|| Error::Rejected(self.core().reject(retry_after)))
    }
}
