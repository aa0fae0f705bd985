//! Stretches of clips that a model merges in one question, and what its answers make of the whole.
//!
//! An epoch is short enough to be read at once. It ends at a still clip where there is one, and shows two clips more, which
//! belong to the next epoch: what begins there is not cut in two unseen. Whatever a model answers, the groups that come out
//! partition the clips in order: clips that it left out, named twice or out of order are put right, and said to be.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use crate::model::{Clip, ClipId};

/// An epoch is at most so long, s, and has at most so many clips, those of the next one included.
const MOST_SECS: f64 = 60.0;
const MOST_CLIPS: usize = 40;

/// So many clips of the next epoch are shown.
const SHOWN_AHEAD: usize = 2;

/// An answer of which more than this share of the clips had to be put right is not used.
const MOST_MENDED: f64 = 0.34;

/// Clips of one animal that are merged in one question, as positions in its clips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The clips that it decides about.
    pub own: Range<usize>,
    /// The clips that it shows: its own and the first of the next.
    pub shown: Range<usize>,
}

/// Parts the clips of one animal into epochs. `is_still` tells of each clip whether the animal hardly moves in it.
pub fn epochs(clips: &[Clip], is_still: &[bool], fps: f64) -> Vec<Epoch> {
    let mut epochs = Vec::new();
    let mut start = 0;
    while start < clips.len() {
        let fits = |end: usize| {
            let secs = f64::from(clips[end - 1].stop_frame - clips[start].start_frame) / fps;
            end - start <= MOST_CLIPS && secs <= MOST_SECS
        };
        // One clip that is longer than an epoch is an epoch.
        let end = (start + 1..=clips.len()).take_while(|end| fits(*end)).last().unwrap_or(start + 1);
        let cut = if end == clips.len() { end } else { cut_of(clips, is_still, start, end) };
        epochs.push(Epoch { own: start..cut, shown: start..(cut + SHOWN_AHEAD).min(end.max(cut)) });
        start = cut;
    }
    epochs
}

/// Where an epoch that could reach from `start` to `end` ends: behind the longest still clip of its second half, else so that
/// the clips that are shown ahead still fit.
fn cut_of(clips: &[Clip], is_still: &[bool], start: usize, end: usize) -> usize {
    let last = end.saturating_sub(SHOWN_AHEAD).max(start + 1);
    let first = start + (last - start) / 2;
    let still = (first..last).filter(|at| is_still.get(*at).copied().unwrap_or(false));
    let length = |at: usize| clips[at].stop_frame - clips[at].start_frame;
    // Of equally long ones the later: fewer questions.
    still.max_by_key(|at| (length(*at), *at)).map_or(last, |at| at + 1)
}

/// Clips that a model put together.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeGroup {
    /// The clips, as it named them.
    pub clips: Vec<ClipId>,
    /// Its label.
    pub label: String,
    /// Its description.
    pub description: String,
}

/// What had to be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// A clip that is not of the epoch was left out.
    Invented(ClipId),
    /// A clip stood in two groups and stays in the first.
    Repeated(ClipId),
    /// A clip that was left out went to the group around it, or stands alone.
    Dropped(ClipId),
    /// A group whose clips do not follow one another was parted at this clip.
    Scattered(ClipId),
}

/// Clips that belong together, as positions in the epoch's clips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The clips.
    pub clips: Range<usize>,
    /// The group of the answer that says what they are; `None` for a clip that no group has.
    pub group: Option<usize>,
}

/// What an answer makes of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The clips, in order, each in one.
    pub joined: Vec<Joined>,
    /// What had to be put right.
    pub mends: Vec<Mend>,
    /// Whether so much had to be put right that the answer is better not used.
    pub is_hopeless: bool,
}

/// Makes a partition of the epoch's clips out of whatever was answered.
pub fn partition(clips: &[ClipId], groups: &[MergeGroup]) -> Partition {
    let place: BTreeMap<ClipId, usize> = clips.iter().enumerate().map(|(at, clip)| (*clip, at)).collect();
    let mut owner: Vec<Option<usize>> = vec![None; clips.len()];
    let mut mends = Vec::new();
    for (group, answered) in groups.iter().enumerate() {
        for clip in &answered.clips {
            match place.get(clip) {
                None => mends.push(Mend::Invented(*clip)),
                Some(at) if owner[*at].is_some() => mends.push(Mend::Repeated(*clip)),
                Some(at) => owner[*at] = Some(group),
            }
        }
    }
    for at in 0..clips.len() {
        if owner[at].is_none() {
            mends.push(Mend::Dropped(clips[at]));
            let before = at.checked_sub(1).and_then(|before| owner[before]);
            let after = owner[at + 1..].iter().flatten().next().copied();
            // Between two parts of one group it is of that group.
            owner[at] = before.filter(|before| after == Some(*before));
        }
    }
    let mut joined: Vec<Joined> = Vec::new();
    for (at, group) in owner.into_iter().enumerate() {
        match joined.last_mut() {
            Some(last) if last.group == group && group.is_some() => last.clips.end = at + 1,
            _ => {
                if group.is_some() && joined.iter().any(|earlier| earlier.group == group) {
                    mends.push(Mend::Scattered(clips[at]));
                }
                joined.push(Joined { clips: at..at + 1, group });
            }
        }
    }
    let is_hopeless = mends.len() as f64 > MOST_MENDED * clips.len() as f64;
    Partition { joined, mends, is_hopeless }
}

/// A piece of an animal's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its clips, as positions in the animal's clips.
    pub clips: Range<usize>,
    /// The groups that say what it is, each with its epoch: two and more where it reaches over a border. None where no answer
    /// says anything.
    pub said: Vec<(usize, usize)>,
}

/// Puts the partitions of consecutive epochs together: each decides about its own clips, and what reaches over a border goes on
/// behind it where the next epoch says the same. `same` tells whether a group of an epoch and one of the next are of a kind.
/// Neighbouring clips of which nothing is said are one piece, also where an epoch's partition is hopeless.
pub fn stitched(
    epochs: &[Epoch],
    partitions: &[Partition],
    same: impl Fn((usize, usize), (usize, usize)) -> bool,
) -> Vec<Piece> {
    let mut whole: Vec<Piece> = Vec::new();
    for (index, (epoch, partition)) in epochs.iter().zip(partitions).enumerate() {
        let mut is_first = true;
        for joined in &partition.joined {
            let start = epoch.shown.start + joined.clips.start;
            let stop = (epoch.shown.start + joined.clips.end).min(epoch.own.end);
            if start >= stop {
                continue;
            }
            let group = joined.group.filter(|_| !partition.is_hopeless).map(|group| (index, group));
            let last = whole.last_mut().filter(|last| match (last.said.last(), group) {
                (Some(earlier), Some(later)) => is_first && same(*earlier, later),
                (earlier, later) => earlier.is_none() && later.is_none(),
            });
            match last {
                Some(last) => {
                    last.clips.end = stop;
                    last.said.extend(group);
                }
                None => whole.push(Piece { clips: start..stop, said: group.into_iter().collect() }),
            }
            is_first = false;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::AnimalId;

    fn clips(lengths: &[u32]) -> Vec<Clip> {
        let mut start_frame = 0;
        let clip = |(id, length): (usize, &u32)| {
            let clip = Clip {
                id: ClipId(id as u32),
                animal: AnimalId(0),
                start_frame,
                stop_frame: start_frame + length,
                cluster: Some(0),
            };
            start_frame += length;
            clip
        };
        lengths.iter().enumerate().map(clip).collect()
    }

    fn group(ids: &[u32]) -> MergeGroup {
        MergeGroup {
            clips: ids.iter().map(|id| ClipId(*id)).collect(),
            label: "x".to_owned(),
            description: String::new(),
        }
    }

    fn parts(count: u32, groups: &[&[u32]]) -> Partition {
        let ids: Vec<ClipId> = (0..count).map(ClipId).collect();
        partition(&ids, &groups.iter().map(|ids| group(ids)).collect::<Vec<_>>())
    }

    #[test]
    fn an_epoch_ends_behind_the_longest_still_clip_and_shows_two_more() {
        let clips = clips(&[60; 50]);
        let mut is_still = vec![false; 50];
        is_still[20] = true;
        let found = epochs(&clips, &is_still, 30.0);
        // Sixty seconds are thirty clips of two.
        assert_eq!(found[0], Epoch { own: 0..21, shown: 0..23 });
        assert_eq!(found.last().unwrap().own.end, 50);
        assert!(epochs(&[], &[], 30.0).is_empty());
    }

    #[test]
    fn a_right_answer_stays_as_it_is() {
        let found = parts(5, &[&[0, 1], &[2], &[3, 4]]);
        assert_eq!(found.mends, []);
        let ranges: Vec<_> = found.joined.iter().map(|joined| (joined.clips.clone(), joined.group)).collect();
        assert_eq!(ranges, [(0..2, Some(0)), (2..3, Some(1)), (3..5, Some(2))]);
    }

    #[test]
    fn what_is_wrong_is_put_right_and_said() {
        let found = parts(8, &[&[0, 1, 3], &[4, 5, 99], &[5, 6], &[7]]);
        assert_eq!(
            found.mends,
            [Mend::Invented(ClipId(99)), Mend::Repeated(ClipId(5)), Mend::Dropped(ClipId(2))],
            "a clip inside a group goes to it"
        );
        assert_eq!(found.joined[0], Joined { clips: 0..4, group: Some(0) });
        assert!(!parts(12, &[&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]]).is_hopeless);
        let scattered = parts(6, &[&[0, 4, 5], &[1, 2, 3]]);
        assert_eq!(scattered.mends, [Mend::Scattered(ClipId(4))]);
        assert_eq!(scattered.joined.len(), 3);
        assert!(parts(4, &[]).is_hopeless);
    }

    #[test]
    fn a_group_over_a_border_goes_on_where_the_next_epoch_says_the_same() {
        let epochs = [Epoch { own: 0..3, shown: 0..5 }, Epoch { own: 3..6, shown: 3..6 }];
        let first = parts(5, &[&[0], &[1, 2, 3, 4]]);
        let second = parts(3, &[&[0, 1], &[2]]);
        let piece = |clips: Range<usize>, said: &[(usize, usize)]| Piece { clips, said: said.to_vec() };
        let joined = stitched(&epochs, &[first.clone(), second.clone()], |_, _| true);
        assert_eq!(joined, [piece(0..1, &[(0, 0)]), piece(1..5, &[(0, 1), (1, 0)]), piece(5..6, &[(1, 1)])]);
        let parted = stitched(&epochs, &[first.clone(), second], |_, _| false);
        assert_eq!(parted.len(), 4);
        let silent = stitched(&epochs, &[first, parts(3, &[&[0, 1]])], |_, _| true);
        assert_eq!(silent[2], piece(5..6, &[]), "the rules merge what nothing is said of");
        let hopeless = stitched(&epochs, &[parts(5, &[]), parts(3, &[&[2]])], |_, _| true);
        assert_eq!(hopeless, [piece(0..6, &[])]);
    }

    proptest! {
        #[test]
        fn any_answer_whatsoever_ends_in_a_partition(
            count in 0u32..45,
            groups in proptest::collection::vec(proptest::collection::vec(0u32..60, 0..20), 0..20),
        ) {
            let ids: Vec<ClipId> = (0..count).map(ClipId).collect();
            let found = partition(&ids, &groups.iter().map(|ids| group(ids)).collect::<Vec<_>>());
            let mut next = 0;
            for joined in &found.joined {
                prop_assert_eq!(joined.clips.start, next);
                prop_assert!(joined.clips.end > next);
                next = joined.clips.end;
            }
            prop_assert_eq!(next, count as usize);
        }

        #[test]
        fn epochs_and_what_is_stitched_of_them_tile_the_clips(
            lengths in proptest::collection::vec(1u32..400, 0..200),
            still in proptest::collection::vec(any::<bool>(), 200),
            seed in proptest::collection::vec(0u32..50, 0..60),
        ) {
            let clips = clips(&lengths);
            let found = epochs(&clips, &still, 30.0);
            let mut next = 0;
            let mut partitions = Vec::new();
            for epoch in &found {
                prop_assert_eq!(epoch.own.start, next);
                prop_assert!(epoch.own.end > next && epoch.shown.start == epoch.own.start);
                prop_assert!(epoch.shown.end >= epoch.own.end && epoch.shown.len() <= MOST_CLIPS.max(1));
                next = epoch.own.end;
                let ids: Vec<ClipId> = clips[epoch.shown.clone()].iter().map(|clip| clip.id).collect();
                let groups: Vec<MergeGroup> = seed.chunks(7).map(group).collect();
                partitions.push(partition(&ids, &groups));
            }
            prop_assert_eq!(next, clips.len());
            let whole = stitched(&found, &partitions, |a, b| (a.1 + b.1) % 2 == 0);
            let mut next = 0;
            for piece in &whole {
                prop_assert_eq!(piece.clips.start, next);
                prop_assert!(piece.clips.end > next);
                next = piece.clips.end;
            }
            prop_assert_eq!(next, clips.len());
        }
    }
}
