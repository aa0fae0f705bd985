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
