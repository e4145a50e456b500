//! What is read of headers, and what is written.

use super::*;

#[tokio::test(start_paused = true)]
async fn every_unit_of_grpc_timeout_is_read_and_written_in_the_finest_that_fits() {
    let minute = 60 * SECOND;
    for (value, left, written) in [
        ("1H", 60 * minute, "3600000m"),
        ("99999999H", 262_800 * 60 * minute, "15768000M"), // 30 years are as good as never
        ("28H", 28 * 60 * minute, "100800S"),
        ("2M", 2 * minute, "120000m"),
        ("3S", 3 * SECOND, "3000000u"),
        ("99999999S", 99_999_999 * SECOND, "99999999S"),
        ("250m", 250 * MILLI, "250000u"),
        ("99m", 99 * MILLI, "99000000n"),
        ("7u", Duration::from_micros(7), "7000n"),
        ("9n", Duration::from_nanos(9), "9n"),
        ("00000009S", 9 * SECOND, "9000000u"),
    ] {
        assert_eq!(grpc(value).await, Seen::all(left, written), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_rounded_down() {
    let left = Duration::new(100_000, 999_999_999);
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::after(left));
    let seen = DeadlineLayer::grpc().layer(see(&GRPC)).oneshot(request.clone()).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(left, "100000S"));
    let seen = in_millis().layer(see(&MILLIS)).oneshot(request).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(left, "100000999"));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_grpc_timeout_is_as_good_as_none_and_goes_no_further() {
    let garbage =
        ["", "S", "1", "1s", "1h", "1U", "-1S", "+1S", "1.5S", " 1S", "1 S", "1SS", "0x1S", "123456789S", "é1S"];
    for value in garbage {
        assert_eq!(grpc(value).await, Seen::nothing(), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_milliseconds_are_as_good_as_none_and_go_no_further() {
    for value in ["", "1s", "-1", "+1", "1.5", "1e3", "0x10", "1 000", "never", "é"] {
        assert_eq!(through(in_millis(), &MILLIS, &[value]).await.unwrap(), Seen::nothing(), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whitespace_around_milliseconds_is_no_part_of_them() {
    for value in [" 1500", "1500 ", "\t1500 \t"] {
        let seen = through(in_millis(), &MILLIS, &[value]).await.unwrap();
        assert_eq!(seen, Seen::all(1500 * MILLI, "1500"), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_milliseconds_than_any_clock_counts_are_as_good_as_never() {
    let seen = through(in_millis(), &MILLIS, &["99999999999999999999999"]).await.unwrap();
    assert_eq!(seen, Seen::all(946_080_000 * SECOND, "946080000000"));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_known_nothing_is_written() {
    assert_eq!(through(in_millis(), &MILLIS, &[]).await.unwrap(), Seen::nothing());
}

#[tokio::test(start_paused = true)]
async fn of_several_values_the_least_counts_and_one_goes_on() {
    let service = in_millis().layer(strict(|request: Request<()>| {
        ready(Ok::<_, Error>(saying(request.headers().get_all(&MILLIS).iter().cloned().collect::<Vec<_>>())))
    }));
    let written = service.oneshot(with(&MILLIS, &["700", "nonsense", "300", "500"])).await.unwrap();
    assert_eq!(said::<_, Vec<HeaderValue>>(written), ["300"]);
}
