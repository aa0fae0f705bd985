//! Counts and times as they are read at a glance, by whoever tells how a job stands.

/// A count as it is read at a glance: 950, 12,400, 1.3 M.
pub fn count(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{},{:03}", count / 1_000, count % 1_000),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}

/// A count that nobody needs to the last digit: 950, 12 k, 1.3 M.
pub fn rough(count: u64) -> String {
    match count {
        0..10_000 => self::count(count),
        10_000..1_000_000 => format!("{:.0} k", count as f64 / 1e3),
        _ => self::count(count),
    }
}

/// A length of time in words that suit it: "40 s", "6 min", "2 h 10 min".
pub fn duration(secs: f64) -> String {
    let minutes = (secs / 60.0).round() as u64;
    match (secs, minutes) {
        (secs, _) if secs < 90.0 => format!("{secs:.0} s"),
        (_, minutes) if minutes < 90 => format!("{minutes} min"),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// Names with their counts, the most frequent first: "too slow 7, missing key 1".
pub fn listed<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let words = counts.iter().map(|(name, times)| format!("{} {}", name.replace('_', " "), count(*times)));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_at_a_glance() {
        assert_eq!([0, 950, 1_000, 12_045, 1_340_000].map(count), ["0", "950", "1,000", "12,045", "1.3 M"]);
    }

    #[test]
    fn durations_have_the_unit_that_suits() {
        assert_eq!([4.4, 89.0, 91.0, 3600.0, 7800.0].map(duration), ["4 s", "89 s", "2 min", "60 min", "2 h 10 min"]);
    }
}
