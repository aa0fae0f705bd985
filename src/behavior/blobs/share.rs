//! How many animals each piece of foreground holds, from its area and from where animals were just before.

/// Price of an animal that is in no piece. Where nobody was expected to be a second, less than the price of taking one alone
/// for two (2.8 and a surprise), also when it stretches.
const PRICE_OF_MISSING: f32 = 3.0;
/// Price of each animal more in a piece than were expected there.
const PRICE_OF_MORE: f32 = 1.5;
/// Price of each animal fewer: nobody vanishes beside another.
const PRICE_OF_FEWER: f32 = 2.0;

/// Animals that walk stretch out and do not lie over each other: a piece of fewer animals' area that moves by so many animal
/// lengths between frames costs 1 to take for more, and twice as far four times that.
const WALK: f32 = 0.05;
const MOST_PRICE_OF_WALK: f32 = 5.0;
/// Up to this share of their area, animals lie over each other.
const HEAPED: f32 = 0.75;

/// What is known of a piece of foreground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Holder {
    /// In areas of one animal.
    pub(super) area: f32,
    /// Animals that were last seen there.
    pub(super) expected: usize,
    /// How far it moved since the frame before, in animal lengths.
    pub(super) step: f32,
}

/// The cheapest counts that sum to at most `animals`.
pub(super) fn counts(pieces: &[Holder], animals: usize) -> Vec<usize> {
    // least[n]: the lowest price of the pieces so far with n animals in them, and the counts that cost it.
    let mut least: Vec<Option<(f32, Vec<usize>)>> = vec![None; animals + 1];
    least[0] = Some((0.0, Vec::new()));
    for piece in pieces {
        let mut next: Vec<Option<(f32, Vec<usize>)>> = vec![None; animals + 1];
        for (so_far, (price, counts)) in least.iter().enumerate().filter_map(|(at, kept)| Some((at, kept.as_ref()?))) {
            for count in 0..=animals - so_far {
                let price = price + price_of(piece, count);
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

/// The price of so many animals in a piece: the squared deviation of its area from theirs in standard deviations (animals
/// that lie over each other show less than the sum of their areas, never much more), and what speaks against the count.
fn price_of(piece: &Holder, count: usize) -> f32 {
    let wanted = count as f32;
    let spread = match count {
        0 => 0.2,
        _ if piece.area < wanted => 0.3 * wanted,
        _ => 0.35 * wanted.sqrt(),
    };
    let is_heap = count > 1 && piece.area < HEAPED * wanted;
    let walk = if is_heap { (piece.step / WALK).powi(2).min(MOST_PRICE_OF_WALK) } else { 0.0 };
    ((piece.area - wanted) / spread).powi(2)
        + walk
        + PRICE_OF_MORE * count.saturating_sub(piece.expected) as f32
        + PRICE_OF_FEWER * piece.expected.saturating_sub(count) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_tell_how_many_animals_a_piece_holds() {
        let check = |pieces: &[(f32, usize, f32)], wanted: &[usize]| {
            let pieces: Vec<Holder> = pieces
                .iter()
                .map(|(area, expected, step)| Holder { area: *area, expected: *expected, step: *step })
                .collect();
            assert_eq!(counts(&pieces, 3), wanted, "{pieces:?}");
        };
        check(&[(1.0, 1, 0.0), (0.9, 1, 0.0), (1.1, 1, 0.0)], &[1, 1, 1]);
        check(&[(1.1, 1, 0.0), (1.8, 2, 0.1)], &[1, 2]);
        check(&[(2.0, 3, 0.0)], &[3]);
        check(&[(1.0, 1, 0.0), (1.0, 1, 0.0), (0.15, 0, 0.0), (0.9, 1, 0.0)], &[1, 1, 0, 1]);
        check(&[(1.0, 1, 0.0), (1.05, 1, 0.0)], &[1, 1]);
        check(&[(1.1, 2, 0.0), (1.0, 1, 0.0)], &[2, 1]);
        check(&[], &[]);
        // What walks about is one animal, whatever was believed before; where the other went is not told by this alone.
        check(&[(1.05, 2, 0.0), (1.1, 1, 0.0)], &[2, 1]);
        check(&[(1.05, 2, 0.12), (1.1, 1, 0.0)], &[1, 1]);
        check(&[(1.05, 1, 0.12), (1.4, 1, 0.0)], &[1, 2]);
    }
}
