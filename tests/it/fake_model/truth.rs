//! What the fake model knows: where each keypoint truly is, and how a view shows it.

use std::collections::BTreeMap;

use behaviorvlm::model::Skeleton;
use behaviorvlm::vlm::convention::Convention;

/// True places in image pixels, by frame, camera and keypoint.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    places: BTreeMap<(u32, String), BTreeMap<String, [f64; 2]>>,
}

impl Truth {
    /// Reads a table `frame,camera,keypoint,x,y`; further columns are ignored, rows without numbers are not there.
    pub fn from_csv(text: &str) -> Self {
        let mut truth = Self::default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            if let (Ok(x), Ok(y)) = (fields[3].parse(), fields[4].parse()) {
                truth.insert(fields[0].parse().unwrap(), fields[1], fields[2], [x, y]);
            }
        }
        truth
    }

    /// Adds a place.
    pub fn insert(&mut self, frame: u32, camera: &str, keypoint: &str, point_in_image: [f64; 2]) {
        let view = self.places.entry((frame, camera.to_owned())).or_default();
        view.insert(keypoint.to_owned(), point_in_image);
    }

    /// Where a keypoint is in a view.
    pub fn place(&self, frame: u32, camera: &str, keypoint: &str) -> Option<[f64; 2]> {
        self.places.get(&(frame, camera.to_owned()))?.get(keypoint).copied()
    }
}

/// Keypoints of a region, in the order in which they are asked for.
pub fn keypoints_of(skeleton: &Skeleton, region: Option<&str>) -> Vec<String> {
    let ids = match region {
        Some(name) => skeleton.regions.iter().find(|known| known.name == name).map(|known| known.keypoints.clone()),
        None => Some(skeleton.ids().collect()),
    };
    let ids = ids.unwrap_or_else(|| panic!("no region {region:?}"));
    ids.into_iter().map(|id| skeleton.name_of(id).to_owned()).collect()
}

/// The header `x-behaviorvlm-view`, read apart from the code under test.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// X, Y, W, H in image pixels.
    pub crop: [f64; 4],
    /// W, H of the picture.
    pub sent: [f64; 2],
    /// Number and place in image pixels.
    pub marks: Vec<(u16, [f64; 2])>,
}

impl View {
    /// Reads `crop=X,Y,W,H;sent=W,H;marks=1:x,y|2:x,y`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: BTreeMap<&str, &str> = text.split(';').filter_map(|field| field.split_once('=')).collect();
        let numbers = |text: &str| -> Result<Vec<f64>, String> {
            text.split(',').map(|number| number.trim().parse().map_err(|_| format!("`{text}` in the view"))).collect()
        };
        let field = |name: &str| fields.get(name).copied().ok_or_else(|| format!("a view without {name}: {text}"));
        let crop = numbers(field("crop")?)?.try_into().map_err(|_| format!("crop of {text}"))?;
        let sent = numbers(field("sent")?)?.try_into().map_err(|_| format!("sent of {text}"))?;
        let mark = |text: &str| {
            let (number, place) = text.split_once(':').ok_or_else(|| format!("mark `{text}`"))?;
            let place = numbers(place)?.try_into().map_err(|_| format!("mark `{text}`"))?;
            Ok((number.parse().map_err(|_| format!("mark `{text}`"))?, place))
        };
        let marks = fields.get("marks").copied().unwrap_or("").split('|').filter(|mark| !mark.is_empty());
        Ok(Self { crop, sent, marks: marks.map(mark).collect::<Result<_, String>>()? })
    }

    /// From the image to the picture that was sent.
    pub fn to_sent(&self, point_in_image: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|axis| (point_in_image[axis] - self.crop[axis] + 0.5) * self.sent[axis] / self.crop[axis + 2] - 0.5)
    }

    /// Whether a place of the image is in the picture.
    pub fn shows(&self, point_in_image: [f64; 2]) -> bool {
        let point = self.to_sent(point_in_image);
        (0..2).all(|axis| point[axis] >= -0.5 && point[axis] <= self.sent[axis] - 0.5)
    }

    /// The box of some places, padded, as a model of that convention writes it; `None` for no places.
    pub fn boxed(&self, places: &[[f64; 2]], padding_px: f64, convention: Convention) -> Option<[i64; 4]> {
        if places.is_empty() {
            return None;
        }
        let bound = |axis: usize, sign: f64| {
            let edge = places.iter().map(|place| sign * place[axis]).fold(f64::NEG_INFINITY, f64::max);
            let mut point = [0.0; 2];
            point[axis] = sign * (edge + padding_px);
            let side = self.sent[axis];
            // From the left edge of the picture, in shares of its side.
            let share = ((self.to_sent(point)[axis] + 0.5) / side).clamp(0.0, 1.0);
            match convention {
                Convention::Pixels => (share * (side / 28.0).round().max(1.0) * 28.0 - 0.5).round() as i64,
                Convention::Thousand | Convention::ThousandYx => (share * 1000.0).round() as i64,
            }
        };
        let [x1, y1, x2, y2] = [bound(0, -1.0), bound(1, -1.0), bound(0, 1.0), bound(1, 1.0)];
        Some(if convention == Convention::ThousandYx { [y1, x1, y2, x2] } else { [x1, y1, x2, y2] })
    }
}
