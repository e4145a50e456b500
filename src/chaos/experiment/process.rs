//! Faults of the process itself: memory that is held, and processors that are busy.

use std::hint;
use std::sync::Arc; // no model checks it
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use parking_lot::Mutex;
use tower::BoxError;

use super::disrupt::Disrupt;
use crate::error::ConfigError;

/// The memory that is taken at once.
const PIECE: usize = 1 << 20;

/// Takes away memory or processors while it is on. Made by [`hold_memory`] and [`burn_cpu`].
///
/// It has threads of its own while it is on. They end when it stops or is dropped.
#[derive(Debug)]
#[must_use]
pub struct ProcessFault {
    what: What,
    /// Each ends a thread when it is dropped.
    threads: Mutex<Vec<Sender<()>>>,
    done: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Memory(usize),
    Cpu(usize),
}

/// Holds so many bytes of memory, and writes to each page, so that they are taken from the machine.
///
/// They are taken one MiB after another by a thread, and given back in a moment. If there are no more, what there is is held. A system that
/// promises more memory than it has may end the process: that, too, is something to find out.
pub fn hold_memory(bytes: usize) -> ProcessFault {
    ProcessFault::new(What::Memory(bytes))
}

/// Keeps so many threads busy.
///
/// # Errors
///
/// Unless it is 1 to 1,024.
pub fn burn_cpu(threads: usize) -> Result<ProcessFault, ConfigError> {
    ConfigError::unless((1..=1_024).contains(&threads), "threads", threads, "1 to 1,024")
        .map_err(|error| error.of("burn_cpu"))?;
    Ok(ProcessFault::new(What::Cpu(threads)))
}

impl ProcessFault {
    fn new(what: What) -> Self {
        Self { what, threads: Mutex::default(), done: Arc::default() }
    }

    /// Starts a thread that ends when the sender is dropped.
    fn spawn(&self, work: impl FnOnce(&Receiver<()>, &AtomicU64) + Send + 'static) -> Result<Sender<()>, BoxError> {
        let ((sender, receiver), done) = (channel(), Arc::clone(&self.done));
        thread::Builder::new().name("palisade chaos".to_owned()).spawn(move || work(&receiver, &done))?;
        Ok(sender)
    }
}

/// Whether the thread is to go on.
fn goes_on(end: &Receiver<()>) -> bool {
    end.try_recv() == Err(TryRecvError::Empty)
}

/// Holds memory until the end, and tells how much.
fn hold(bytes: usize, end: &Receiver<()>, held: &AtomicU64) {
    let mut pieces = Vec::new();
    let mut left = bytes;
    while left > 0 && goes_on(end) {
        let (mut piece, size) = (Vec::new(), left.min(PIECE));
        if pieces.try_reserve(1).is_err() || piece.try_reserve_exact(size).is_err() {
            break;
        }
        piece.resize(size, 1_u8);
        pieces.push(hint::black_box(piece));
        held.fetch_add(size as u64, Ordering::Relaxed);
        left -= size;
    }
    // Nothing is ever sent: it ends when the sender is dropped.
    end.recv().ok();
    drop(pieces);
    held.fetch_sub((bytes - left) as u64, Ordering::Relaxed);
}

/// Works until the end.
fn burn(end: &Receiver<()>, busy: &AtomicU64) {
    busy.fetch_add(1, Ordering::Relaxed);
    while goes_on(end) {
        for _ in 0..10_000 {
            hint::spin_loop();
        }
    }
    busy.fetch_sub(1, Ordering::Relaxed);
}

impl Disrupt for ProcessFault {
    fn name(&self) -> String {
        match self.what {
            What::Memory(bytes) => format!("{bytes} bytes of memory"),
            What::Cpu(threads) => format!("{threads} busy threads"),
        }
    }

    fn start(&self) -> Result<(), BoxError> {
        let threads = match self.what {
            What::Memory(bytes) => vec![self.spawn(move |end, held| hold(bytes, end, held))?],
            What::Cpu(threads) => (0..threads).map(|_| self.spawn(burn)).collect::<Result<_, _>>()?,
        };
        *self.threads.lock() = threads;
        Ok(())
    }

    fn stop(&self) {
        self.threads.lock().clear();
    }

    /// The bytes that are held, or the threads that are busy, at this moment.
    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
