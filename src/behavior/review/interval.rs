//! How many errors there may be, from how many a random sample showed.

/// What the interval shall come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Its upper end is at most this share: "less than 5 % is wrong".
    UpperEnd(f64),
    /// It is at most so wide: "I know it to 10 points".
    Width(f64),
}

/// No sample that is worth asking for is larger.
const MOST_CHECKS: u64 = 1_000_000;

/// The exact interval for a share of which `hits` among `trials` were seen (Clopper and Pearson 1934): it holds the true share
/// with at least `level`, also where the trials are drawn without replacement. With no trial it is `[0, 1]`.
pub fn clopper_pearson(hits: u64, trials: u64, level: f64) -> [f64; 2] {
    let alpha = (1.0 - level.clamp(0.0, 1.0)) / 2.0;
    let hits = hits.min(trials);
    let logs = LogFactorials::of(trials);
    let low = match hits {
        0 => 0.0,
        // At least so many would be rare were the share smaller.
        _ => root(|share| 1.0 - logs.at_most(hits - 1, trials, share) - alpha),
    };
    let high = if hits == trials { 1.0 } else { root(|share| alpha - logs.at_most(hits, trials, share)) };
    [low, high]
}

/// How many more checks lead to a goal if errors stay as frequent as they were; `None` where no number does, as when more is
/// wrong already than may be. Without a check so far, none is taken to be wrong.
pub fn checks_until(wrong: u64, checked: u64, level: f64, goal: Goal) -> Option<u64> {
    let share = if checked == 0 { 0.0 } else { wrong as f64 / checked as f64 };
    let is_met = |all: u64| {
        let expected = if all == checked { wrong } else { (share * all as f64).ceil() as u64 };
        let [low, high] = clopper_pearson(expected, all, level);
        match goal {
            Goal::UpperEnd(most) => high <= most,
            Goal::Width(most) => high - low <= most,
        }
    };
    if is_met(checked) {
        return Some(0);
    }
    let is_hopeless = match goal {
        Goal::UpperEnd(most) => share >= most,
        Goal::Width(most) => most <= 0.0,
    };
    if is_hopeless {
        return None;
    }
    let mut enough = checked.max(1);
    while !is_met(enough) {
        enough = enough.saturating_mul(2);
        if enough > MOST_CHECKS {
            return None;
        }
    }
    let mut too_few = (enough / 2).max(checked);
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if is_met(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough - checked)
}

/// Where a function from below 0 to above 0 crosses it, between 0 and 1.
fn root(function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // Halving 60 times leaves less than a double can tell.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// ln(0!), ln(1!), …
struct LogFactorials(Vec<f64>);

impl LogFactorials {
    fn of(most: u64) -> Self {
        let mut sum = 0.0;
        let rest = (1..=most).map(|number| {
            sum += (number as f64).ln();
            sum
        });
        Self(std::iter::once(0.0).chain(rest).collect())
    }

    /// The chance of at most `hits` among `trials`.
    fn at_most(&self, hits: u64, trials: u64, share: f64) -> f64 {
        let (yes, no) = (share.ln(), (-share).ln_1p());
        let log = |count: u64| self.0[count as usize];
        let chance = |count: u64| {
            let ways = log(trials) - log(count) - log(trials - count);
            (ways + count as f64 * yes + (trials - count) as f64 * no).exp()
        };
        (0..=hits).map(chance).sum::<f64>().min(1.0)
    }
}
