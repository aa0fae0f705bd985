//! How many animals each piece of foreground holds, from its area and from where animals were just before.

/// Price of an animal that is in no piece. Between the price of taking one alone for two (4) and that of a heap of three
/// that shows the area of two (1.8).
const PRICE_OF_MISSING: f32 = 3.0;
/// Price of each animal more or fewer in a piece than were expected there.
const PRICE_OF_SURPRISE: f32 = 0.6;

/// The cheapest counts that sum to at most `animals`.
///
/// `areas` are in areas of one animal, `expected` is how many animals were heading for each piece.
pub(super) fn counts(areas: &[f32], expected: &[usize], animals: usize) -> Vec<usize> {
    // least[n]: the lowest price of the pieces so far with n animals in them, and the counts that cost it.
    let mut least: Vec<Option<(f32, Vec<usize>)>> = vec![None; animals + 1];
    least[0] = Some((0.0, Vec::new()));
    for (area, expected) in areas.iter().zip(expected) {
        let mut next: Vec<Option<(f32, Vec<usize>)>> = vec![None; animals + 1];
        for (so_far, (price, counts)) in least.iter().enumerate().filter_map(|(at, kept)| Some((at, kept.as_ref()?))) {
            for count in 0..=animals - so_far {
                let surprise = PRICE_OF_SURPRISE * count.abs_diff(*expected) as f32;
                let price = price + price_of(*area, count) + surprise;
                let slot = &mut next[so_far + count];
                if slot.as_ref().is_none_or(|(other, _)| price < *other) {
                    let counts = counts.iter().copied().chain([count]).collect();
                    *slot = Some((price, counts));
                }
            }
        }
        least = next;
    }
    let with_missing = least.into_iter().enumerate().filter_map(|(count, kept)| {
        let (price, counts) = kept?;
        Some((price + PRICE_OF_MISSING * (animals - count) as f32, counts))
    });
    with_missing.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, counts)| counts).unwrap_or_default()
}

/// Squared deviation of a piece's area from that of so many animals, in standard deviations. Animals that lie over each
/// other show less than the sum of their areas, never much more.
fn price_of(area: f32, count: usize) -> f32 {
    let wanted = count as f32;
    let spread = match count {
        0 => 0.2,
        _ if area < wanted => 0.25 * wanted,
        _ => 0.35 * wanted.sqrt(),
    };
    ((area - wanted) / spread).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_tell_how_many_animals_a_piece_holds() {
        let check = |areas: &[f32], expected: &[usize], wanted: &[usize]| {
            assert_eq!(counts(areas, expected, 3), wanted, "{areas:?}");
        };
        check(&[1.0, 0.9, 1.1], &[1, 1, 1], &[1, 1, 1]);
        check(&[1.1, 1.8], &[1, 2], &[1, 2]);
        check(&[2.0], &[3], &[3]);
        check(&[1.0, 1.0, 0.15, 0.9], &[1, 1, 0, 1], &[1, 1, 0, 1]);
        check(&[1.0, 1.05], &[1, 1], &[1, 1]);
        check(&[1.3, 1.0], &[2, 1], &[2, 1]);
        check(&[], &[], &[]);
    }
}
