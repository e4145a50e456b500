//! What is read of headers, and what is written.

use super::*;
use crate::client::no_room;

#[tokio::test(start_paused = true)]
async fn a_grpc_timeout_is_written_in_the_finest_unit_that_fits() {
    let minute = secs(60);
    for (value, left, written) in [
        ("1H", 60 * minute, "3600000m"),
        ("99999999H", 262_800 * 60 * minute, "15768000M"), // 30 years are as good as never
        ("28H", 28 * 60 * minute, "100800S"),
        ("2M", 2 * minute, "120000m"),
        ("3S", secs(3), "3000000u"),
        ("99999999S", secs(99_999_999), "99999999S"),
        ("250m", ms(250), "250000u"),
        ("99m", ms(99), "99000000n"),
        ("7u", Duration::from_micros(7), "7000n"),
        ("9n", Duration::from_nanos(9), "9n"),
        ("00000009S", secs(9), "9000000u"),
    ] {
        assert_eq!(through(DeadlineLayer::grpc(), &GRPC, &[value]).await.unwrap(), Seen::all(left, written), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn milliseconds_are_read_without_the_whitespace_around_them() {
    for (value, left, written) in [
        (" 1500", ms(1500), "1500"),
        ("1500 ", ms(1500), "1500"),
        ("\t1500 \t", ms(1500), "1500"),
        ("99999999999999999999999", secs(946_080_000), "946080000000"), // as good as never
    ] {
        assert_eq!(through(in_millis(), &MILLIS, &[value]).await.unwrap(), Seen::all(left, written), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_unreadable_is_as_good_as_none_and_goes_no_further() {
    let units =
        ["", "S", "1", "1s", "1h", "1U", "-1S", "+1S", "1.5S", " 1S", "1 S", "1SS", "0x1S", "123456789S", "é1S"];
    for value in units {
        assert_eq!(through(DeadlineLayer::grpc(), &GRPC, &[value]).await.unwrap(), Seen::nothing(), "{value:?}");
    }
    for value in ["", "1s", "-1", "+1", "1.5", "1e3", "0x10", "1 000", "never", "é"] {
        assert_eq!(through(in_millis(), &MILLIS, &[value]).await.unwrap(), Seen::nothing(), "{value:?}");
    }
    assert_eq!(through(in_millis(), &MILLIS, &[]).await.unwrap(), Seen::nothing());
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_rounded_down() {
    let left = Duration::new(100_000, 999_999_999);
    for (layer, name, written) in [(DeadlineLayer::grpc(), &GRPC, "100000S"), (in_millis(), &MILLIS, "100000999")] {
        let seen = layer.layer(see(name)).oneshot(due_in(left)).await.unwrap();
        assert_eq!(said::<_, Seen>(seen), Seen::all(left, written));
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_values_the_least_counts_and_one_goes_on() {
    let service = in_millis().layer(strict(|request: Request<()>| {
        ready(Ok::<_, Error>(saying(request.headers().get_all(&MILLIS).iter().cloned().collect::<Vec<_>>())))
    }));
    let written = service.oneshot(with(&MILLIS, &["700", "nonsense", "300", "500"])).await.unwrap();
    assert_eq!(said::<_, Vec<HeaderValue>>(written), ["300"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_room_for_the_header_goes_on_without_it() {
    let mut request = due_in(secs(1));
    *request.headers_mut() = no_room();
    let seen: Seen = said(in_millis().layer(see(&MILLIS)).oneshot(request).await.unwrap());
    assert_eq!((seen.current, seen.header), (Some(secs(1)), None));
}
