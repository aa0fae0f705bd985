//! Where the marks on an axis stand, and how times are written beside them.

/// Distances between marks of time, seconds.
const TIME_STEPS: [f64; 19] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0,
    28800.0,
];

/// The smallest distance between marks of time that is at least so long, seconds; whole hours beyond the longest.
pub(in crate::behavior) fn time_step(least_s: f64) -> f64 {
    let known = TIME_STEPS.into_iter().find(|step| *step >= least_s);
    known.unwrap_or_else(|| (least_s / 3600.0).ceil() * 3600.0)
}

/// The smallest of 1, 2, 5 times a power of ten that is at least so large. 1 where the value is no positive number.
pub(in crate::behavior) fn nice(value: f64) -> f64 {
    if !(value > 0.0 && value.is_finite()) {
        return 1.0;
    }
    let size = 10.0_f64.powf(value.log10().floor());
    // The logarithm of a power of ten may fall short of it by its last digit.
    [1.0, 2.0, 5.0, 10.0]
        .map(|factor| size * factor)
        .into_iter()
        .find(|it| *it >= value * (1.0 - 1e-12))
        .unwrap_or(size)
}

/// Seconds as a person reads them beside marks so far apart.
pub(in crate::behavior) fn clock(seconds: f64, step: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if step < 1.0 => format!("{seconds:.1} s"),
        0..120 => format!("{whole} s"),
        120..3600 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let known =
            [(0.0, 1.0), (0.013, 0.02), (0.1, 0.1), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (7.0, 10.0), (1000.0, 1000.0)];
        for (value, step) in known {
            assert!((nice(value) - step).abs() < 1e-9 * step, "{value}: {}", nice(value));
        }
        assert_eq!(
            (time_step(0.0), time_step(7.0), time_step(61.0), time_step(30_000.0)),
            (0.1, 10.0, 120.0, 32_400.0)
        );
        assert_eq!(
            [clock(0.5, 0.5), clock(60.0, 30.0), clock(150.0, 30.0), clock(3661.0, 60.0)],
            ["0.5 s", "60 s", "2:30", "1:01:01"]
        );
    }
}
