//! What the part names of trackers mean.
//!
//! Tables of tracks bring their own part names, and features ask for roles. A name is compared without case, blanks, dots,
//! hyphens and underscores. Names that mean nothing here are parts without a role: they are measured like the others, and no
//! rule leans on them.

use super::skeleton::Role;

/// Names by role, as trackers and public data sets write them.
const NAMES: [(Role, &[&str]); 15] = [
    (Role::Nose, &["nose", "snout", "nosetip", "muzzle"]),
    (Role::EarLeft, &["leftear", "earl", "lear", "earleft"]),
    (Role::EarRight, &["rightear", "earr", "rear", "earright"]),
    (Role::Head, &["neck", "backtop", "nape", "headbase", "spine1", "implant"]),
    (
        Role::BodyCentre,
        &[
            "centerback",
            "centreback",
            "backmiddle",
            "backmid",
            "bodycenter",
            "bodycentre",
            "center",
            "centroid",
            "spinemid",
            "midbody",
            "torso",
            "spine2",
        ],
    ),
    (Role::BackRear, &["backbottom", "lowerback", "spine3"]),
    (Role::ForepawLeft, &["leftforepaw", "forepawl", "forelegl", "leftfrontpaw", "forepawleft"]),
    (Role::ForepawRight, &["rightforepaw", "forepawr", "forelegr", "rightfrontpaw", "forepawright"]),
    (Role::HipLeft, &["lefthip", "hipl", "hipleft", "leftside", "lateralleft"]),
    (Role::HipRight, &["righthip", "hipr", "hipright", "rightside", "lateralright"]),
    (Role::HindpawLeft, &["lefthindpaw", "hindpawl", "hindlegl", "leftbackpaw", "hindpawleft"]),
    (Role::HindpawRight, &["righthindpaw", "hindpawr", "hindlegr", "rightbackpaw", "hindpawright"]),
    (Role::TailBase, &["tailbase", "tail", "tailtop", "tti", "tailstart", "tail0", "basetail"]),
    (Role::TailMiddle, &["tailmiddle", "tailmid", "tail1", "midtail"]),
    (Role::TailTip, &["tailtip", "tailend", "endtail", "tiptail"]),
];

/// The role of a part's name; `None` where it is not known.
pub(super) fn role_of(name: &str) -> Option<Role> {
    let name: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Skeleton;

    #[test]
    fn names_of_trackers_have_their_roles() {
        let known = [
            ("left ear", Role::EarLeft),
            ("Right_Ear", Role::EarRight),
            ("center back", Role::BodyCentre),
            ("lefthip", Role::HipLeft),
            ("tail", Role::TailBase),
            ("Tail.Base", Role::TailBase),
            ("tail tip", Role::TailTip),
        ];
        for (name, role) in known {
            assert_eq!(role_of(name), Some(role), "{name}");
        }
        assert_eq!(role_of("whisker 7"), None);
    }

    #[test]
    fn the_names_of_the_built_in_skeletons_mean_what_these_say() {
        for skeleton in [Skeleton::mabe12(), Skeleton::qd12()] {
            for keypoint in &skeleton.keypoints {
                assert_eq!(role_of(&keypoint.name), keypoint.role, "{} of {}", keypoint.name, skeleton.name);
            }
        }
    }
}
