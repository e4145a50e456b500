//! The values of others: those of Akka's `AccrualFailureDetectorSpec`, those that Akka's port `phi-accrual-failure-detector` 0.3.3
//! (from `PyPI`) gave when its clock was set by hand, and those of the normal distribution itself.

#![expect(clippy::approx_constant, reason = "phi at the mean is the logarithm of 2")]

use super::*;
use crate::state::phi::history::History;
use crate::state::phi::pulse::Pulse;
use crate::state::phi::{deviations, phi};

/// Phi of a silence, by a mean and a deviation.
fn phi_of(silence: f64, mean: f64, deviation: f64) -> f64 {
    phi((silence - mean) / deviation)
}

#[test]
fn the_distribution_is_that_of_akkas_spec() {
    for (silence, mean, deviation, wanted, by) in [
        (0.0, 0.0, 10.0, 0.5, 0.001),
        (6.0, 0.0, 10.0, 0.7257, 0.001),
        (15.0, 0.0, 10.0, 0.9332, 0.001),
        (20.0, 0.0, 10.0, 0.97725, 0.001),
        (25.0, 0.0, 10.0, 0.99379, 0.001),
        (35.0, 0.0, 10.0, 0.99977, 0.001),
        (40.0, 0.0, 10.0, 0.99997, 0.0001),
        (22.0, 20.0, 3.0, 0.7475, 0.001),
    ] {
        let distribution = 1.0 - 10_f64.powf(-phi_of(silence, mean, deviation));
        assert_close(distribution, wanted, by, &format!("{silence} of {mean}"));
    }
}

#[test]
fn phi_has_the_values_of_akkas_spec() {
    for (silence, wanted) in
        [(0.0, 0.0), (500.0, 0.1), (1000.0, 0.3), (1200.0, 1.6), (1400.0, 4.7), (1600.0, 10.8), (1700.0, 15.3)]
    {
        assert_close(phi_of(silence, 1000.0, 100.0), wanted, 0.1, &format!("after {silence} ms"));
    }
    assert_close(phi(10.0), 38.0, 1.0, "an outlier");
    assert_close(phi(-25.0), 0.0, f64::EPSILON, "an outlier below");
}

#[test]
fn the_mean_and_deviation_are_those_of_akkas_spec() {
    let history = |samples: usize, intervals: &[u64]| {
        let mut history = History::new(Nanos(0));
        // The two of the estimate go first.
        for &interval in [0, 0].iter().chain(intervals) {
            history.push(ms(interval), samples);
        }
        let (mean, deviation) = history.mean_and_deviation();
        (mean / 1e3, (deviation / 1e3).powi(2))
    };
    for (samples, intervals, mean, variance) in [
        (5, &[100_u64, 200, 125, 340, 130] as &[_], 179.0, 7584.0),
        (3, &[100, 110, 90], 100.0, 66.666_666_7),
        (3, &[100, 110, 90, 140], 113.333_333, 422.222_222),
        (3, &[100, 110, 90, 140, 80], 103.333_333, 688.888_888_89),
    ] {
        let found = history(samples, intervals);
        assert_close(found.0, mean, 1e-5, "mean");
        assert_close(found.1, variance, 1e-5, "variance");
    }
}

/// The times of uneven beats, in milliseconds.
const UNEVEN: [u64; 41] = [
    0, 913, 1624, 2857, 3594, 4455, 5399, 6116, 6872, 8269, 9119, 10195, 11140, 11959, 13005, 14182, 15246, 16233,
    17334, 18303, 19355, 20289, 21200, 22263, 23283, 24211, 25223, 26446, 27576, 28512, 29803, 30969, 32098, 33299,
    34079, 35251, 36529, 37597, 38746, 40029, 41051,
];

const UNEVEN_AND_FAST: [u64; 41] = [
    0, 124, 245, 353, 458, 587, 671, 782, 863, 955, 1043, 1157, 1248, 1367, 1491, 1617, 1698, 1796, 1909, 2020, 2109,
    2195, 2282, 2387, 2470, 2554, 2663, 2789, 2904, 3002, 3107, 3219, 3313, 3404, 3518, 3630, 3732, 3817, 3912, 4011,
    4110,
];

/// Settings, when beats came, and phi when it was asked for, in milliseconds.
type Case<'a> = (&'a str, Rules, &'a [u64], &'a [(u64, f64)]);

#[test]
fn phi_has_the_values_of_akkas_port() {
    let steady: Vec<u64> = (0..30).map(|beat| beat * 1_000).collect();
    let paused: Vec<u64> = (0..10).map(|beat| beat * 1_000).chain([11_500, 12_500]).collect();
    let pausing = Rules { acceptable_pause: ms(3_000), ..RULES };
    let fast = Rules { samples: 3, min_std_deviation: ms(10), first_estimate: ms(100), ..RULES };
    let slowing = Rules {
        threshold: 100.0,
        samples: 5,
        min_std_deviation: ms(50),
        acceptable_pause: ms(500),
        first_estimate: ms(200),
    };
    let once = [
        (0, 7.963_311_608_865_193e-6),
        (500, 0.009_998_761_629_963_108),
        (1000, 0.301_029_995_663_981_2),
        (1500, 1.642_827_885_487_112_3),
        (2000, 4.736_694_582_705_181),
        (2500, 10.782_600_858_295_707),
    ];
    let cases: [Case<'_>; 7] = [
        ("one beat", RULES, &[0], &once),
        (
            "steady",
            RULES,
            &steady,
            &[
                (29_500, 2.176_892_221_964_507_3e-8),
                (30_000, 0.301_029_995_663_981_2),
                (30_200, 1.642_827_885_487_112_3),
                (30_400, 4.736_694_582_705_181),
                (30_700, 15.368_525_622_645_256),
            ],
        ),
        (
            "steady, with an acceptable pause",
            pausing,
            &steady,
            &[(30_000, 0.0), (32_000, 0.0), (33_000, 0.301_029_995_663_981_2), (33_500, 7.299_947_394_460_206)],
        ),
        (
            "a pause that is not remembered",
            RULES,
            &paused,
            &[
                (13_000, 4.319_783_780_740_751_4e-8),
                (13_500, 0.301_029_995_663_981_2),
                (13_700, 1.601_246_814_186_494_6),
                (13_900, 4.564_128_227_356_813),
            ],
        ),
        (
            "uneven",
            Rules { threshold: 12.0, ..RULES },
            &UNEVEN,
            &[
                (41_151, 2.269_014_945_166_758e-9),
                (41_951, 0.117_052_635_446_329_45),
                (42_351, 1.242_103_945_697_869),
                (42_751, 4.475_289_478_386_278),
                (43_151, 11.496_394_260_676_826),
            ],
        ),
        (
            "three remembered",
            fast,
            &UNEVEN_AND_FAST,
            &[
                (4_160, 1.026_606_774_699_723_4e-7),
                (4_220, 0.963_255_081_856_547_2),
                (4_240, 3.279_540_220_804_381),
                (4_260, 8.023_570_442_010_323),
            ],
        ),
        (
            "slower and slower",
            slowing,
            &[0, 250, 600, 1100, 1800, 2700],
            &[
                (3_000, 0.000_319_062_178_343_388_67),
                (4_000, 0.870_577_068_069_462_7),
                (4_500, 3.272_263_291_202_858_4),
                (5_000, 8.415_619_073_755_941),
            ],
        ),
    ];
    for (case, rules, beats, asked) in cases {
        let mut pulse = Pulse::new(&rules, Arc::default(), ms(beats[0]));
        beats[1..].iter().for_each(|&at| pulse.beat(&rules, ms(at)));
        for &(at, wanted) in asked {
            assert_close(pulse.phi(&rules, ms(at)), wanted, 1e-9 * wanted.max(1.0), &format!("{case}, at {at}"));
        }
    }
}

/// The table on the page of the room.
#[test]
fn phi_by_the_approximation_and_by_the_normal_distribution() {
    for (y, approximated, normal) in [
        (0.0, 0.301, 0.301),
        (1.0, 0.800, 0.800),
        (2.0, 1.643, 1.643),
        (3.0, 2.909, 2.870),
        (4.0, 4.737, 4.499),
        (5.0, 7.300, 6.543),
        (5.226, 8.000, 7.062),
        (5.612, 9.310, 8.000),
        (8.0, 21.242, 15.206),
    ] {
        assert_close(phi(y), approximated, 0.0006, &format!("at {y} deviations"));
        assert_close(-tail(y).log10(), normal, 0.0006, &format!("at {y} deviations"));
    }
}

/// The probability of more than so many deviations, summed in small steps.
fn tail(y: f64) -> f64 {
    let step = 1e-4;
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    (0..200_000).map(|at| density(y + (f64::from(at) + 0.5) * step) * step).sum()
}

#[test]
fn deviations_are_the_inverse_of_phi() {
    for wanted in [1e-6, 0.01, 0.301, 1.0, 3.0, 8.0, 12.0, 16.0, 100.0, 1e6] {
        assert_close(phi(deviations(wanted)), wanted, wanted * 1e-9, "phi");
    }
}

#[test]
fn phi_is_finite_and_never_falls() {
    let mut before = 0.0;
    let far = (0..1_200).map(|exponent| 1.05_f64.powi(exponent));
    for y in [-1e9, -1e3, -25.0, -5.0, -1.0, -0.1, 0.0, 0.1, 0.5].into_iter().chain(far) {
        let phi = phi(y);
        assert!(phi.is_finite() && phi >= before, "{phi} at {y} after {before}");
        before = phi;
    }
}
