//! Curves over time with as few points as the screen can tell apart: the least and the greatest value of each column.

use std::ops::Range;

/// A curve without gaps: frame and value.
pub type Run = Vec<[f64; 2]>;

/// The runs of a curve over `frames`, in at most `columns` columns; missing values (NaN) part runs.
///
/// Where a column holds several frames it keeps its least and its greatest value, in the order in which they come, so that no
/// outlier is lost. Takes time in proportion to the frames.
pub fn runs(frames: Range<u32>, columns: usize, value_at: impl Fn(u32) -> f64) -> Vec<Run> {
    let per_column = (frames.len().div_ceil(columns.max(1)) as u32).max(1);
    let mut found: Vec<Run> = Vec::new();
    let mut is_open = false;
    // Columns begin at multiples, so that they keep their frames while one scrolls.
    let mut start = frames.start;
    while start < frames.end {
        let end = (start / per_column + 1).saturating_mul(per_column).min(frames.end);
        let values = (start..end).map(|frame| [f64::from(frame), value_at(frame)]).filter(|[_, value]| !value.is_nan());
        let mut extremes: Option<[[f64; 2]; 2]> = None;
        for point in values {
            let [least, most] = extremes.get_or_insert([point, point]);
            if point[1] < least[1] {
                *least = point;
            }
            if point[1] > most[1] {
                *most = point;
            }
        }
        match extremes {
            None => is_open = false,
            Some([one, other]) => {
                if !is_open {
                    found.push(Vec::new());
                    is_open = true;
                }
                let (first, second) = if one[0] <= other[0] { (one, other) } else { (other, one) };
                if let Some(run) = found.last_mut() {
                    run.push(first);
                    if second[0] > first[0] {
                        run.push(second);
                    }
                }
            }
        }
        start = end;
    }
    found
}

/// Median and robust standard deviation (1.4826 times the median distance from it) of the values that are there, from at most
/// 20,000 of them, evenly spread.
pub fn robust(count: usize, value_at: impl Fn(usize) -> f64) -> Option<(f64, f64)> {
    let step = count.div_ceil(20_000).max(1);
    let mut values: Vec<f64> = (0..count).step_by(step).map(&value_at).filter(|value| value.is_finite()).collect();
    let middle = median(&mut values)?;
    values.iter_mut().for_each(|value| *value = (*value - middle).abs());
    Some((middle, 1.4826 * median(&mut values)?))
}

fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(half, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_frames_keep_every_value_and_gaps_part_runs() {
        let values = [1.0, 2.0, f64::NAN, f64::NAN, 5.0, 4.0];
        let found = runs(0..6, 100, |frame| values[frame as usize]);
        assert_eq!(found, [vec![[0.0, 1.0], [1.0, 2.0]], vec![[4.0, 5.0], [5.0, 4.0]]]);
        assert!(runs(0..0, 100, |_| 1.0).is_empty());
        assert!(runs(0..6, 100, |_| f64::NAN).is_empty());
    }

    #[test]
    fn outliers_survive_a_million_frames() {
        let value = |frame: u32| match frame {
            123_456 => 40.0,
            123_457 => -40.0,
            _ => f64::from(frame % 3),
        };
        let found = runs(0..1_000_000, 1000, value);
        assert_eq!(found.len(), 1);
        assert!(found[0].len() <= 2000 && found[0].windows(2).all(|pair| pair[0][0] < pair[1][0]));
        assert!(found[0].contains(&[123_456.0, 40.0]) && found[0].contains(&[123_457.0, -40.0]));
    }

    #[test]
    fn single_missing_frames_do_not_part_a_column() {
        let found = runs(0..1000, 100, |frame| if frame % 5 == 0 { f64::NAN } else { 1.0 });
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_few_wild_values_do_not_move_the_band() {
        let (middle, spread) =
            robust(1000, |index| if index % 50 == 0 { 900.0 } else { 20.0 + (index % 3) as f64 }).unwrap();
        assert!((20.0..=22.0).contains(&middle) && spread < 2.0, "{middle} {spread}");
        assert_eq!(robust(0, |_| 1.0), None);
        assert_eq!(robust(10, |_| f64::NAN), None);
    }
}
