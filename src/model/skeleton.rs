//! Skeletons: regions, keypoints, bones, mirrored pairs, roles and aliases. Data, never code: users write their own as TOML.
//!
//! Everything that needs a certain body part asks for a [`Role`], never for an index or a name.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ids::{KeypointId, RegionId};

/// What a keypoint is on the body, whatever a skeleton calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The front end of the trunk: neck or the foremost dot on the back.
    Head,
    /// The tip of the snout.
    Nose,
    /// Left ear.
    EarLeft,
    /// Right ear.
    EarRight,
    /// The middle of the back.
    BodyCentre,
    /// The rearmost dot on the back.
    BackRear,
    /// Left forepaw.
    ForepawLeft,
    /// Right forepaw.
    ForepawRight,
    /// Left hip.
    HipLeft,
    /// Right hip.
    HipRight,
    /// Left hindpaw.
    HindpawLeft,
    /// Right hindpaw.
    HindpawRight,
    /// Where the tail begins.
    TailBase,
    /// The middle of the tail.
    TailMiddle,
    /// The end of the tail.
    TailTip,
}

/// A named group of keypoints that stages 1 and 2 treat together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name, as prompts and tables write it.
    pub name: String,
    /// Its keypoints, in the order of the file.
    pub keypoints: Vec<KeypointId>,
}

/// One labelled part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keypoint {
    /// Its name, as prompts and tables write it.
    pub name: String,
    /// The region that it belongs to.
    pub region: RegionId,
    /// Its mirror image, for a part that comes in two.
    pub pair: Option<KeypointId>,
    /// What it is on the body.
    pub role: Option<Role>,
    /// `#rrggbb`, where the file gives one.
    pub colour: Option<String>,
    /// Other names that tables may use for it.
    pub aliases: Vec<String>,
}

/// The parts of an animal, checked: every name resolves, every keypoint has one region, pairs are mutual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skeleton {
    /// Its name.
    pub name: String,
    /// Regions in the order of the file.
    pub regions: Vec<Region>,
    /// Keypoints in the order of the file; [`KeypointId`] is a position in here.
    pub keypoints: Vec<Keypoint>,
    /// Pairs of keypoints whose distance hardly changes.
    pub bones: Vec<[KeypointId; 2]>,
}

/// Why a skeleton file cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SkeletonError {
    /// Not TOML, or not of a skeleton's form.
    #[error("the skeleton file is not readable: {message}")]
    Syntax {
        /// What the TOML reader says, with the line.
        message: String,
    },
    /// A name that no keypoint bears.
    #[error("{place} names \"{keypoint}\", which is no keypoint of the skeleton; its keypoints are {known}")]
    UnknownKeypoint {
        /// The table that names it.
        place: String,
        /// The name.
        keypoint: String,
        /// All keypoint names, joined.
        known: String,
    },
    /// Two keypoints, regions or aliases that cannot be told apart.
    #[error("\"{name}\" stands for more than one keypoint of the skeleton; give each its own name and aliases")]
    Duplicate {
        /// The doubled name.
        name: String,
    },
    /// A keypoint in no region or in several.
    #[error("keypoint \"{keypoint}\" is in {regions} regions; it must be in exactly one")]
    Region {
        /// The keypoint.
        keypoint: String,
        /// How many regions list it.
        regions: usize,
    },
    /// `a.pair = b` without `b.pair = a`.
    #[error("\"{left}\" is paired with \"{right}\", which is not paired with \"{left}\"")]
    OneSidedPair {
        /// The keypoint with the pair.
        left: String,
        /// The keypoint without.
        right: String,
    },
    /// Nothing to label, or too much to number.
    #[error("the skeleton has {count} keypoints; it needs 1 to 64")]
    Size {
        /// Keypoints in the file.
        count: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    name: String,
    #[serde(default)]
    regions: Vec<FileRegion>,
    keypoints: Vec<FileKeypoint>,
    #[serde(default)]
    bones: Vec<FileBone>,
}

#[derive(Serialize, Deserialize)]
struct FileRegion {
    name: String,
    keypoints: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct FileKeypoint {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pair: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct FileBone {
    between: [String; 2],
}

impl Skeleton {
    /// The mouse with quantum dots at 12 keypoints.
    ///
    /// # Panics
    /// Never: a test reads the same file.
    pub fn qd12() -> Self {
        Self::from_toml(include_str!("../../assets/skeletons/qd12.toml")).expect("the built-in skeleton is valid")
    }

    /// The MABe mouse.
    ///
    /// # Panics
    /// Never: a test reads the same file.
    pub fn mabe12() -> Self {
        Self::from_toml(include_str!("../../assets/skeletons/mabe12.toml")).expect("the built-in skeleton is valid")
    }

    /// Reads and checks a skeleton.
    ///
    /// # Errors
    /// Names the first thing in the file that does not fit.
    pub fn from_toml(text: &str) -> Result<Self, SkeletonError> {
        let file: File = toml::from_str(text).map_err(|error| SkeletonError::Syntax { message: error.to_string() })?;
        let count = file.keypoints.len();
        if count == 0 || count > 64 {
            return Err(SkeletonError::Size { count });
        }
        let mut by_name: HashMap<&str, KeypointId> = HashMap::new();
        for (index, keypoint) in file.keypoints.iter().enumerate() {
            let names = std::iter::once(&keypoint.name).chain(&keypoint.aliases);
            for name in names {
                let id = KeypointId(index as u8);
                if by_name.insert(name, id).is_some_and(|earlier| earlier != id) {
                    return Err(SkeletonError::Duplicate { name: name.clone() });
                }
            }
        }
        let known = || file.keypoints.iter().map(|keypoint| keypoint.name.as_str()).collect::<Vec<_>>().join(", ");
        let resolve = |place: String, name: &str| {
            by_name.get(name).copied().ok_or_else(|| SkeletonError::UnknownKeypoint {
                place,
                keypoint: name.to_owned(),
                known: known(),
            })
        };

        let mut regions = Vec::new();
        for region in &file.regions {
            let place = || format!("region \"{}\"", region.name);
            let keypoints =
                region.keypoints.iter().map(|name| resolve(place(), name)).collect::<Result<Vec<_>, _>>()?;
            regions.push(Region { name: region.name.clone(), keypoints });
        }
        if regions.is_empty() {
            let keypoints = (0..count as u8).map(KeypointId).collect();
            regions.push(Region { name: "body".to_owned(), keypoints });
        }

        let mut keypoints = Vec::new();
        for (index, keypoint) in file.keypoints.iter().enumerate() {
            let id = KeypointId(index as u8);
            let holders: Vec<_> =
                (0..regions.len()).filter(|region| regions[*region].keypoints.contains(&id)).collect();
            let [region] = holders[..] else {
                return Err(SkeletonError::Region { keypoint: keypoint.name.clone(), regions: holders.len() });
            };
            let pair = match &keypoint.pair {
                Some(name) => Some(resolve(format!("the pair of \"{}\"", keypoint.name), name)?),
                None => None,
            };
            keypoints.push(Keypoint {
                name: keypoint.name.clone(),
                region: RegionId(region as u8),
                pair,
                role: keypoint.role,
                colour: keypoint.colour.clone(),
                aliases: keypoint.aliases.clone(),
            });
        }
        for (index, keypoint) in keypoints.iter().enumerate() {
            if let Some(pair) = keypoint.pair
                && keypoints[pair.index()].pair != Some(KeypointId(index as u8))
            {
                return Err(SkeletonError::OneSidedPair {
                    left: keypoint.name.clone(),
                    right: keypoints[pair.index()].name.clone(),
                });
            }
        }

        let mut bones = Vec::new();
        for bone in &file.bones {
            let place = || format!("bone {:?}", bone.between);
            bones.push([resolve(place(), &bone.between[0])?, resolve(place(), &bone.between[1])?]);
        }
        Ok(Self { name: file.name, regions, keypoints, bones })
    }

    /// The skeleton as a file that [`Skeleton::from_toml`] reads back to an equal one.
    pub fn to_toml(&self) -> String {
        let name = |id: &KeypointId| self.keypoints[id.index()].name.clone();
        let file = File {
            name: self.name.clone(),
            regions: self
                .regions
                .iter()
                .map(|region| FileRegion {
                    name: region.name.clone(),
                    keypoints: region.keypoints.iter().map(name).collect(),
                })
                .collect(),
            keypoints: self
                .keypoints
                .iter()
                .map(|keypoint| FileKeypoint {
                    name: keypoint.name.clone(),
                    pair: keypoint.pair.as_ref().map(name),
                    role: keypoint.role,
                    colour: keypoint.colour.clone(),
                    aliases: keypoint.aliases.clone(),
                })
                .collect(),
            bones: self.bones.iter().map(|[a, b]| FileBone { between: [name(a), name(b)] }).collect(),
        };
        toml::to_string(&file).expect("plain strings and lists always fit TOML")
    }

    /// How many keypoints there are.
    pub fn len(&self) -> usize {
        self.keypoints.len()
    }

    /// Whether there is no keypoint; a checked skeleton never is empty.
    pub fn is_empty(&self) -> bool {
        self.keypoints.is_empty()
    }

    /// All keypoint ids in order.
    pub fn ids(&self) -> impl Iterator<Item = KeypointId> + use<> {
        (0..self.keypoints.len() as u8).map(KeypointId)
    }

    /// The name of a keypoint.
    pub fn name_of(&self, id: KeypointId) -> &str {
        &self.keypoints[id.index()].name
    }

    /// The keypoint that bears `name`, or has it as an alias.
    pub fn find(&self, name: &str) -> Option<KeypointId> {
        let exact = self.keypoints.iter().position(|keypoint| keypoint.name == name);
        let alias = || self.keypoints.iter().position(|keypoint| keypoint.aliases.iter().any(|alias| alias == name));
        exact.or_else(alias).map(|index| KeypointId(index as u8))
    }

    /// The keypoint with `role`.
    pub fn with_role(&self, role: Role) -> Option<KeypointId> {
        self.keypoints.iter().position(|keypoint| keypoint.role == Some(role)).map(|index| KeypointId(index as u8))
    }

    /// Mirrored pairs, each once, the left one first: by role, else by the order of the file.
    pub fn pairs(&self) -> Vec<[KeypointId; 2]> {
        let is_right = |id: KeypointId| {
            matches!(self.keypoints[id.index()].role, Some(Role::EarRight | Role::ForepawRight | Role::HindpawRight))
        };
        self.ids()
            .filter_map(|id| self.keypoints[id.index()].pair.map(|pair| [id, pair]))
            .filter(|[a, b]| a < b)
            .map(|[a, b]| if is_right(a) { [b, a] } else { [a, b] })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_skeletons_read_back() {
        for skeleton in [Skeleton::qd12(), Skeleton::mabe12()] {
            assert_eq!(skeleton.len(), 12);
            assert_eq!(Skeleton::from_toml(&skeleton.to_toml()).unwrap(), skeleton);
        }
    }

    #[test]
    fn aliases_and_roles_find_keypoints() {
        let skeleton = Skeleton::qd12();
        assert_eq!(skeleton.find("foreleg_L"), skeleton.find("forepaw_L"));
        assert_eq!(skeleton.find("tail_top"), skeleton.with_role(Role::TailBase));
        assert_eq!(skeleton.find("whisker"), None);
        let names: Vec<_> = skeleton
            .pairs()
            .iter()
            .map(|[left, right]| (skeleton.name_of(*left), skeleton.name_of(*right)))
            .map(|(a, b)| format!("{a} {b}"))
            .collect();
        assert_eq!(names, ["ear_L ear_R", "forepaw_L forepaw_R", "hindpaw_L hindpaw_R"]);
    }

    fn problem(text: &str) -> String {
        Skeleton::from_toml(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(problem("name = 'x'\nkeypoints = []").contains("0 keypoints"));
        assert!(
            problem("name='x'\n[[keypoints]]\nname='a'\npair='b'\n[[keypoints]]\nname='b'").contains("not paired with")
        );
        assert!(problem("name='x'\n[[keypoints]]\nname='a'\n[[bones]]\nbetween=['a','c']").contains("\"c\""));
        assert!(
            problem(
                "name='x'\n[[regions]]\nname='r'\nkeypoints=['a']\n[[keypoints]]\nname='a'\n[[keypoints]]\nname='b'"
            )
            .contains("in 0 regions")
        );
        assert!(problem("name='x'\n[[keypoints]]\nname='a'\n[[keypoints]]\nname='a'").contains("more than one"));
    }
}
