//! Summaries of numbers. Each is `None` where there are too few.

/// The mean.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The median; the mean of the middle two where their count is even.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// The standard deviation of a sample (divided by n − 1).
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let sum: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (sum / (values.len() - 1) as f64).sqrt())
}

/// Between which values the mean of the population lies with 95 % confidence, where values are about normal: the mean and so
/// many standard errors as Student's t says. `None` below two values.
pub fn mean_interval(values: &[f64]) -> Option<[f64; 2]> {
    let (mean, deviation) = (mean(values)?, standard_deviation(values)?);
    let half = student_t(values.len() - 1) * deviation / (values.len() as f64).sqrt();
    Some([mean - half, mean + half])
}

/// The 0.975 quantile of Student's t, by degrees of freedom from 1.
const STUDENT_T: [f64; 30] = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
    2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
    2.0452, 2.0423,
];

/// The 0.975 quantile of the standard normal distribution.
const NORMAL_QUANTILE: f64 = 1.959_964;

/// The 0.975 quantile of Student's t: of the table, beyond it by the first terms of Fisher's expansion, which is right in four
/// decimals there.
fn student_t(degrees: usize) -> f64 {
    let z = NORMAL_QUANTILE;
    let n = degrees as f64;
    let terms = [
        (z.powi(3) + z) / (4.0 * n),
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n.powi(2)),
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * n.powi(3)),
    ];
    let beyond = || z + terms.iter().sum::<f64>();
    STUDENT_T.get(degrees.saturating_sub(1)).copied().unwrap_or_else(beyond)
}

/// The value below which a share of sorted values lies, between neighbours by straight line.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// The chance that a standard normal number is above `value`.
pub(super) fn normal_above(value: f64) -> f64 {
    let x = value.abs() / std::f64::consts::SQRT_2;
    let tail = if x < 2.5 { 1.0 - error_function_series(x) } else { error_function_fraction(x) };
    if value >= 0.0 { tail / 2.0 } else { 1.0 - tail / 2.0 }
}

/// erf by its power series, x ≥ 0 and not large.
fn error_function_series(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for order in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * order + 1);
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum * (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI
}

/// erfc by its continued fraction, from the inside out, x not small.
fn error_function_fraction(x: f64) -> f64 {
    let inner = (1..=120).rev().fold(x, |inner, order| x + f64::from(order) / 2.0 / inner);
    (-x * x).exp() / inner / std::f64::consts::PI.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_those_of_textbooks() {
        assert_eq!(
            (mean(&[1.0, 2.0, 6.0]), median(&[6.0, 1.0, 2.0]), median(&[4.0, 1.0])),
            (Some(3.0), Some(2.0), Some(2.5))
        );
        assert_eq!(standard_deviation(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
        assert_eq!((mean(&[]), median(&[]), standard_deviation(&[1.0])), (None, None, None));
        assert_eq!(quantile(&[0.0, 10.0], 0.025), Some(0.25));
    }

    /// The quantiles are those of `scipy.stats.t.ppf`.
    #[test]
    fn the_interval_of_a_mean_is_students() {
        let [low, high] = mean_interval(&[1.0, 2.0, 6.0]).unwrap();
        let half = 4.3027 * 7.0_f64.sqrt() / 3.0_f64.sqrt();
        assert!((low - (3.0 - half)).abs() < 1e-9 && (high - (3.0 + half)).abs() < 1e-9, "{low} {high}");
        assert_eq!((mean_interval(&[]), mean_interval(&[1.0])), (None, None));
        for (degrees, expected) in [(1, 12.7062), (30, 2.0423), (31, 2.0395), (60, 2.0003), (1000, 1.9623)] {
            assert!((student_t(degrees) - expected).abs() < 6e-5, "{degrees}: {}", student_t(degrees));
        }
    }

    /// The values are those of `scipy.stats.norm.sf`.
    #[test]
    fn normal_tails_are_exact() {
        let known = [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (1.959_963_984_540_054, 0.025),
            (3.5, 0.000_232_629_079_035_525_1),
            (3.6, 0.000_159_108_590_157_533_8),
            (6.0, 9.865_876_450_376_946e-10),
            (-1.0, 0.841_344_746_068_543),
        ];
        for (value, expected) in known {
            let found = normal_above(value);
            assert!((found - expected).abs() <= 1e-12 * expected.max(1e-3), "{value}: {found} {expected}");
        }
    }
}
