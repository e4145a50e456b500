//! What a queue finds in its store.

use super::*;
use palisade::dead_letter::OpenError;

#[tokio::test(start_paused = true)]
async fn letters_are_there_again_with_all_that_they_say() {
    let store = Slow::of_polls(0);
    let letters = opened(&store).await;
    fill(&letters, 1..=600).await;
    let before = letters.list(None, 1).await.unwrap().remove(0);
    let bytes = letters.bytes();
    drop(letters);
    let letters = opened(&store).await;
    let after = letters.list(None, 1).await.unwrap().remove(0);
    assert_eq!((listed(&letters).await, letters.bytes()), ((1..=600).collect(), bytes));
    let (before, after) = (before.letter.unwrap(), after.letter.unwrap());
    assert_eq!(before, after);
    assert_eq!(after.reason, Reason::Failed("the service failed: down 1".to_owned()));
    fill(&letters, [601]).await;
    assert_eq!(listed(&letters).await.last(), Some(&601), "numbers go on");
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_open_once() {
    let store = Slow::of_polls(0);
    let letters = opened(&store).await;
    assert!(matches!(queue(&store).open().await, Err(OpenError::Open(name)) if name.as_str() == "queue"));
    let other = DeadLetters::builder("other", Arc::clone(&store) as Arc<dyn Store>, Numbers).open().await.unwrap();
    fill(&other, [9]).await;
    assert!(listed(&letters).await.is_empty());
    opened(&Slow::of_polls(0)).await;
    drop(letters);
    opened(&store).await;
}

#[tokio::test(start_paused = true)]
async fn settings_that_are_not_legal_are_told() {
    let store = Slow::of_polls(0);
    for (builder, told) in [
        (queue(&store).capacity(0), "dead letter `queue`: `capacity` is 0, but must be at least 1"),
        (queue(&store).max_bytes(0), "dead letter `queue`: `max_bytes` is 0, but must be at least 1"),
        (queue(&store).max_replays(0), "dead letter `queue`: `max_replays` is 0, but must be at least 1"),
    ] {
        assert_eq!(builder.open().await.unwrap_err().to_string(), told);
    }
    let letters = queue(&store).capacity(usize::MAX).max_bytes(u64::MAX).max_replays(u32::MAX).open().await.unwrap();
    fill(&letters, [1]).await;
    for concurrency in [0, 1_001, usize::MAX] {
        let replay = letters.replay(coded(&[200])).concurrency(concurrency).until_empty().await;
        assert!(matches!(replay, Err(ReplayError::Config(error)) if error.setting() == "concurrency"));
    }
    letters.replay(coded(&[200])).concurrency(1_000).until_empty().await.unwrap();
}

/// Changes the bytes of the first letter, or its key if it returns none.
async fn damage(store: &Slow, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let space = Space::new("dead_letter", Name::new("queue").unwrap());
    let (key, value) = store.scan(space, None, 1).await.unwrap().remove(0);
    store.write(Batch::new().put(space, key, change(value))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_cannot_be_read_is_parked_and_left_as_it_is() {
    let newer = |mut bytes: Vec<u8>| {
        bytes[0] = 2;
        bytes
    };
    let of_another_codec = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let changes: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        newer,
        of_another_codec,
        |mut bytes| {
            bytes.truncate(30);
            bytes
        },
        |_| Vec::new(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let store = Slow::of_polls(0);
        let letters = opened(&store).await;
        fill(&letters, 1..=2).await;
        drop(letters);
        damage(&store, change).await;
        let letters = opened(&store).await;
        assert_eq!((letters.waiting(), letters.parked()), (1, 1), "{number}");
        letters.replay(coded(&[200])).until_empty().await.unwrap();
        assert_eq!((letters.waiting(), letters.parked()), (0, 1), "{number}");
        let parked = letters.list(None, 1).await.unwrap().remove(0);
        assert!(parked.letter.is_err() && letters.take(parked.id).await.is_err());
        assert!(letters.unpark(parked.id).await.unwrap());
        letters.replay(coded(&[200])).until_empty().await.unwrap();
        assert_eq!(letters.parked(), 1, "{number}: it is parked again");
        assert!(letters.remove(parked.id).await.unwrap());
        assert_eq!(letters.bytes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_damage_panics() {
    let store = Slow::of_polls(0);
    let letters = opened(&store).await;
    fill(&letters, [1]).await;
    let size = usize::try_from(letters.bytes()).unwrap();
    drop(letters);
    for place in 0..size {
        damage(&store, |mut bytes| {
            bytes[place] ^= 0xff;
            bytes
        })
        .await;
        let letters = opened(&store).await;
        assert_eq!(letters.waiting() + letters.parked(), 1);
        drop(letters);
        damage(&store, |mut bytes| {
            bytes[place] ^= 0xff;
            bytes
        })
        .await;
    }
    assert_eq!(opened(&store).await.waiting(), 1);
}

/// Cannot read anything, and may panic at that.
#[derive(Debug)]
struct Blind {
    panics: bool,
}

impl Codec<u32> for Blind {
    fn encode(&self, _: &u32) -> Result<Vec<u8>, BoxError> {
        Err("blind".into())
    }

    fn decode(&self, _: &[u8]) -> Result<u32, BoxError> {
        assert!(!self.panics, "blind");
        Err("blind".into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_replayed_once_a_queue_can_read_it_again() {
    for panics in [false, true] {
        let store = Slow::of_polls(0);
        fill(&opened(&store).await, [1]).await;
        let codec = Blind { panics };
        let blind = DeadLetters::builder("queue", Arc::clone(&store) as Arc<dyn Store>, codec).open().await.unwrap();
        let id = blind.list(None, 1).await.unwrap()[0].id;
        assert!(blind.unpark(id).await.unwrap());
        blind.replay(coded(&[200])).until_empty().await.unwrap();
        assert_eq!((blind.waiting(), blind.parked()), (0, 1));
        drop(blind);
        assert_eq!(opened(&store).await.waiting(), 1);
    }
}
