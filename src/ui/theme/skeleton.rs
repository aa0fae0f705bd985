//! How the keypoints of a skeleton look: region colour and shape, side, and the short code that stands on pills.
//!
//! Works for any skeleton: regions that the tokens name have a look of their own, others take the spare ones in turn, in the
//! order of the file, and no two regions of up to 16 share both colour and shape.

use egui::Color32;

use super::tokens::{GlyphFill, RegionTokens};
use super::{Appearance, Shape, Theme, codes, legible_on, parse_colour};
use crate::model::skeleton::Keypoint;
use crate::model::{KeypointId, RegionId, Role, Skeleton};

/// Which half of the body a keypoint is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Outlined.
    Left,
    /// Filled.
    Right,
    /// On the midline: outlined.
    Midline,
}

impl Side {
    /// Whether its glyph and pill are filled.
    pub fn is_solid(self) -> bool {
        let sides = &Theme::get().side;
        let fill = match self {
            Self::Left => sides.left,
            Self::Right => sides.right,
            Self::Midline => sides.midline,
        };
        fill == GlyphFill::Solid
    }
}

/// How a region looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionLook {
    /// On pictures, and in lists of the dark appearance.
    pub colour: Color32,
    /// In lists of the light appearance.
    pub colour_light: Color32,
    /// Its outline.
    pub shape: Shape,
}

/// How a keypoint looks.
#[derive(Clone, Debug, PartialEq)]
pub struct KeypointLook {
    /// Colours and shape: its region's, unless the skeleton gives the keypoint a colour.
    pub region: RegionLook,
    /// Which half of the body it is on.
    pub side: Side,
    /// Two or three characters that no other keypoint of the skeleton has.
    pub code: String,
}

impl KeypointLook {
    /// Its colour on pictures.
    pub fn on_image(&self) -> Color32 {
        self.region.colour
    }

    /// Its colour in lists and tables.
    pub fn in_list(&self, appearance: Appearance) -> Color32 {
        self.region.in_list(appearance)
    }
}

impl RegionLook {
    /// Its colour in lists and tables.
    pub fn in_list(&self, appearance: Appearance) -> Color32 {
        match appearance {
            Appearance::Dark => self.colour,
            Appearance::Light => self.colour_light,
        }
    }
}

/// The looks of all keypoints of a skeleton. Made once per project, not per frame.
#[derive(Clone, Debug, PartialEq)]
pub struct SkeletonLook {
    regions: Vec<RegionLook>,
    keypoints: Vec<KeypointLook>,
}

impl SkeletonLook {
    /// Decides the look of every region and keypoint.
    pub fn new(skeleton: &Skeleton) -> Self {
        let theme = Theme::get();
        let mut spares = 0;
        let regions: Vec<RegionLook> = skeleton
            .regions
            .iter()
            .map(|region| match theme.regions.find(&region.name) {
                Some(RegionTokens { colour, colour_light, shape }) => {
                    RegionLook { colour: *colour, colour_light: *colour_light, shape: *shape }
                }
                None => {
                    spares += 1;
                    spare_region(theme, spares - 1)
                }
            })
            .collect();
        let codes = codes::codes(skeleton, &theme.codes);
        let keypoints = skeleton
            .ids()
            .zip(codes)
            .map(|(id, code)| {
                let keypoint = &skeleton.keypoints[id.index()];
                let region = keypoint_region(theme, regions[keypoint.region.index()], keypoint);
                KeypointLook { region, side: side_of(skeleton, id), code }
            })
            .collect();
        Self { regions, keypoints }
    }

    /// The look of a keypoint of the skeleton that this was made for.
    pub fn keypoint(&self, id: KeypointId) -> &KeypointLook {
        &self.keypoints[id.index()]
    }

    /// The look of a region of the skeleton that this was made for.
    pub fn region(&self, id: RegionId) -> &RegionLook {
        &self.regions[id.index()]
    }
}

/// The `index`th region without a look of its own.
fn spare_region(theme: &Theme, index: usize) -> RegionLook {
    let spare = &theme.regions.spare;
    let count = spare.colours.len();
    // After the fourth, the shapes move on by one against the colours.
    let colour = spare.colours[index % count];
    RegionLook {
        colour,
        colour_light: light_variant(theme, colour),
        shape: spare.shapes[(index + index / count) % count],
    }
}

/// The region's look, with the keypoint's own colour where the skeleton gives a readable one.
fn keypoint_region(theme: &Theme, region: RegionLook, keypoint: &Keypoint) -> RegionLook {
    let own = keypoint.colour.as_deref().and_then(parse_colour).map(|colour| colour.to_opaque());
    match own {
        Some(colour) if colour != region.colour => RegionLook {
            colour: legible_on(theme.on_image.pill, colour, 4.5),
            colour_light: light_variant(theme, colour),
            ..region
        },
        _ => region,
    }
}

fn light_variant(theme: &Theme, colour: Color32) -> Color32 {
    legible_on(theme.light.panel, colour, 4.5)
}

/// The side by role, else by the words of the name, else by the order in the skeleton's pair.
fn side_of(skeleton: &Skeleton, id: KeypointId) -> Side {
    let keypoint = &skeleton.keypoints[id.index()];
    match keypoint.role {
        Some(Role::EarLeft | Role::ForepawLeft | Role::HindpawLeft) => return Side::Left,
        Some(Role::EarRight | Role::ForepawRight | Role::HindpawRight) => return Side::Right,
        _ => {}
    }
    if let Some(side) = codes::side_in_name(&keypoint.name) {
        return side;
    }
    match keypoint.pair {
        Some(pair) if id < pair => Side::Left,
        Some(_) => Side::Right,
        None => Side::Midline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::contrast;

    #[test]
    fn the_built_in_skeleton_looks_as_the_tokens_say() {
        let skeleton = Skeleton::qd12();
        let look = SkeletonLook::new(&skeleton);
        let named = |name: &str| look.keypoint(skeleton.find(name).unwrap());
        let theme = Theme::get();
        for (name, region) in [("ear_L", 0), ("back_bottom", 1), ("hindpaw_R", 2), ("tail_base", 3)] {
            assert_eq!(named(name).on_image(), theme.regions.named()[region].colour, "{name}");
        }
        assert_eq!(named("ear_L").in_list(Appearance::Light), theme.regions.ears.colour_light);
        assert_eq!(named("tail_tip").region.shape, Shape::Diamond);
        assert_eq!(
            ["forepaw_L", "forepaw_R", "back_top"].map(|name| named(name).side),
            [Side::Left, Side::Right, Side::Midline]
        );
        assert!(named("forepaw_R").side.is_solid() && !named("forepaw_L").side.is_solid());
        let codes: Vec<&str> = skeleton.ids().map(|id| look.keypoint(id).code.as_str()).collect();
        assert_eq!(codes.join(" "), "EL ER BT BM BB FL FR HL HR T1 T2 T3");
    }

    #[test]
    fn regions_of_other_skeletons_are_told_apart() {
        let mut text = "name = 'many'\n".to_owned();
        for region in 0..16 {
            text += &format!("[[regions]]\nname='r{region}'\nkeypoints=['k{region}']\n");
        }
        for keypoint in 0..16 {
            text += &format!("[[keypoints]]\nname='k{keypoint}'\n");
        }
        let skeleton = Skeleton::from_toml(&text).unwrap();
        let look = SkeletonLook::new(&skeleton);
        let mut seen: Vec<_> = (0..16).map(|id| look.region(RegionId(id))).map(|of| (of.colour, of.shape)).collect();
        seen.sort_by_key(|(colour, shape)| (colour.to_array(), *shape as u8));
        seen.dedup();
        assert_eq!(seen.len(), 16);
    }

    #[test]
    fn colours_of_a_skeleton_file_are_made_legible() {
        let text = "name='x'\n[[keypoints]]\nname='nose'\ncolour='#000080'\n[[keypoints]]\nname='chin'\ncolour='no'\n";
        let skeleton = Skeleton::from_toml(text).unwrap();
        let look = SkeletonLook::new(&skeleton);
        let theme = Theme::get();
        for id in skeleton.ids() {
            let look = look.keypoint(id);
            assert!(contrast(look.on_image(), theme.on_image.pill) >= 4.5, "{look:?}");
            assert!(contrast(look.in_list(Appearance::Light), theme.light.panel) >= 4.5, "{look:?}");
        }
        assert_ne!(look.keypoint(KeypointId(0)).on_image(), look.keypoint(KeypointId(1)).on_image());
    }
}
