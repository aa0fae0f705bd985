//! Where the rows of features come from: keypoints, pixels, both, or a matrix of the user's.

use std::ops::Range;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayD, Axis, Ix2, Slice, concatenate};
use ndarray_npy::ReadNpyExt as _;

use super::BehaviorError;
use super::pixels::PixelRows;
use crate::behavior::bodies::Bodies;
use crate::behavior::features::KeypointFeatures;
use crate::behavior::fused::{Fusion, KeypointEvidence, keypoint_gate};
use crate::behavior::visual::VisualFeatures;
use crate::jobs::JobError;

/// What features are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// Keypoints, or what stands for them; pixels where there is no animal to be found.
    Auto,
    /// Keypoints.
    Keypoints,
    /// Pixels around each animal.
    Pixels,
    /// Pixels around each animal, as an image encoder in an ONNX file describes them; needs the cargo feature `onnx`.
    Encoder(PathBuf),
    /// Both, leaning on pixels where keypoints are missing or jump.
    Fused,
    /// A table or array of the user's (CSV or `.npy`): a row per frame, or per animal and frame.
    Matrix(PathBuf),
}

impl FeatureKind {
    /// The kind of a word: `auto`, `keypoints`, `pixels`, `fused`, or the path of an image encoder (`.onnx`), a
    /// CSV table or an array of NumPy.
    ///
    /// # Errors
    /// When it is no such word, and no file, or an image encoder in a program that was built without.
    pub fn parse(word: &str) -> Result<Self, BehaviorError> {
        Ok(match word {
            "auto" => Self::Auto,
            "keypoints" => Self::Keypoints,
            "pixels" => Self::Pixels,
            "fused" => Self::Fused,
            path if Path::new(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("onnx")) => {
                if !cfg!(feature = "onnx") {
                    return Err(BehaviorError::NoEncoders);
                }
                Self::Encoder(PathBuf::from(path))
            }
            path if Path::new(path).is_file() => Self::Matrix(PathBuf::from(path)),
            _ => {
                let known = "auto, keypoints, pixels, fused, the path of an image encoder (.onnx), of a CSV table or of an array (.npy)";
                return Err(BehaviorError::Word { what: "--features", word: word.to_owned(), known });
            }
        })
    }
}

/// With these bytes an array of NumPy begins.
const NPY: &[u8] = b"\x93NUMPY";

/// Rows of features of each animal.
#[derive(Debug)]
pub(super) enum FeatureRows<'a> {
    Keypoints(KeypointFeatures<'a>),
    Pixels(PixelRows),
    Fused(Box<FusedRows<'a>>),
    Matrix(Matrix),
}

impl FeatureRows<'_> {
    /// The names of the columns.
    pub(super) fn names(&self) -> &[String] {
        match self {
            Self::Keypoints(features) => features.names(),
            Self::Pixels(rows) => rows.names(),
            Self::Fused(rows) => &rows.names,
            Self::Matrix(matrix) => &matrix.names,
        }
    }

    /// The rows of one animal, one per frame; NaN where something is not known.
    pub(super) fn rows(&self, animal: usize, frames: Range<u32>) -> Result<Array2<f32>, JobError> {
        match self {
            Self::Keypoints(features) => Ok(features.rows(animal, frames)),
            Self::Pixels(rows) => rows.rows(animal, frames),
            Self::Fused(rows) => rows.rows(animal, frames),
            Self::Matrix(matrix) => Ok(matrix.rows(animal, frames)),
        }
    }
}

/// Keypoints and pixels in one row.
#[derive(Debug)]
pub(super) struct FusedRows<'a> {
    keypoints: KeypointFeatures<'a>,
    pixels: PixelRows,
    fusion: Fusion,
    /// By animal, then frame: how far keypoints can be trusted.
    gates: Vec<Vec<f32>>,
    names: Vec<String>,
}

/// Scales are learnt from about so many rows.
const FITTED_ROWS: usize = 6000;

impl<'a> FusedRows<'a> {
    /// Learns scales and gates from all animals.
    pub(super) fn new(bodies: &Bodies, keypoints: KeypointFeatures<'a>, pixels: PixelRows) -> Result<Self, JobError> {
        let (frames, animals) = (bodies.frame_count, bodies.animals.len());
        let step = (frames as usize * animals).div_ceil(FITTED_ROWS).max(1);
        let (mut first, mut second, mut gates) = (Vec::new(), Vec::new(), Vec::new());
        for animal in 0..animals {
            let mut change = Vec::with_capacity(frames as usize);
            for start in (0..frames).step_by(1024) {
                let range = start..(start + 1024).min(frames);
                let seen = pixels.rows(animal, range.clone())?;
                let changes = VisualFeatures::change_columns();
                let mean = |row: ndarray::ArrayView1<'_, f32>| {
                    row.iter().take(changes.end).skip(changes.start).sum::<f32>() / changes.len() as f32
                };
                change.extend(seen.rows().into_iter().map(mean));
                let chosen: Vec<usize> =
                    (0..range.len()).filter(|at| (start as usize + at).is_multiple_of(step)).collect();
                second.push(seen.select(Axis(0), &chosen));
                first.push(keypoints.rows(animal, range).select(Axis(0), &chosen));
            }
            gates.push(gate_of(bodies, animal, &change));
        }
        let joined = |parts: &[Array2<f32>], columns: usize| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            concatenate(Axis(0), &views).unwrap_or_else(|_| Array2::zeros((0, columns)))
        };
        let first = joined(&first, keypoints.names().len());
        let second = joined(&second, pixels.names().len());
        let fusion = Fusion::fit(first.view(), second.view());
        let names = keypoints.names().iter().chain(pixels.names()).cloned().collect();
        Ok(Self { keypoints, pixels, fusion, gates, names })
    }

    fn rows(&self, animal: usize, frames: Range<u32>) -> Result<Array2<f32>, JobError> {
        let gate = &self.gates[animal][frames.start as usize..frames.end as usize];
        let pixels = self.pixels.rows(animal, frames.clone())?;
        Ok(self.fusion.apply(self.keypoints.rows(animal, frames).view(), pixels.view(), gate))
    }
}

/// How far the keypoints of an animal can be trusted in each frame, from how many there are and how fast they go beside the
/// pixels.
fn gate_of(bodies: &Bodies, animal: usize, change: &[f32]) -> Vec<f32> {
    let frames = bodies.frame_count as usize;
    let parts = bodies.parts.len().max(1) as f32;
    let is_there = |point: &&[f32; 2]| point[0].is_finite();
    let seen: Vec<f32> =
        (0..frames).map(|frame| bodies.points(animal, frame).iter().filter(is_there).count() as f32 / parts).collect();
    let fastest: Vec<f32> = (0..frames)
        .map(|frame| {
            let before = bodies.points(animal, frame.saturating_sub(1));
            let moved = before.iter().zip(bodies.points(animal, frame)).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
            moved.fold(f32::NAN, f32::max)
        })
        .collect();
    keypoint_gate(&KeypointEvidence { seen_share: &seen, fastest_part: &fastest, change, confidence: None })
}

/// A table of the user's: numbers by animal, frame, column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    names: Vec<String>,
    animals: Vec<Array2<f32>>,
}

impl Matrix {
    /// Reads a CSV table with a header: a row per frame in order, with a column `animal` where there are several. A column
    /// `frame` is only checked.
    pub(super) fn read(path: &Path, names: &[String], frame_count: u32) -> Result<Self, JobError> {
        let bytes = super::read_bytes(path)?;
        let read = match bytes.starts_with(NPY) {
            true => Self::from_npy(&bytes, names, frame_count),
            false => std::str::from_utf8(&bytes)
                .map_err(|_| "it is neither CSV text nor a .npy file".to_owned())
                .and_then(|text| Self::parse(text, names, frame_count)),
        };
        Ok(read.map_err(|message| BehaviorError::Matrix { file: path.to_owned(), message })?)
    }

    /// Reads an array of NumPy: frames × columns, or frames × animals × columns in the order of the recording's animals.
    fn from_npy(bytes: &[u8], animals: &[String], frame_count: u32) -> Result<Self, String> {
        let single = ArrayD::<f32>::read_npy(bytes);
        let array = single.or_else(|_| ArrayD::<f64>::read_npy(bytes).map(|wide| wide.mapv(|value| value as f32)));
        let array = array.map_err(|error| format!("its numbers must be float32 or float64: {error}"))?;
        let shape = array.shape().to_vec();
        let split: Vec<Array2<f32>> = match *shape.as_slice() {
            [_, _] if animals.len() == 1 => array.into_dimensionality::<Ix2>().into_iter().collect(),
            [_, count, _] if count == animals.len() => {
                let views = array.axis_iter(Axis(1)).map(|own| own.to_owned().into_dimensionality::<Ix2>());
                views.collect::<Result<_, _>>().map_err(|error| error.to_string())?
            }
            _ => {
                return Err(format!(
                    "its shape is {shape:?}; for {} animals it must be frames × {}columns",
                    animals.len(),
                    if animals.len() == 1 { String::new() } else { format!("{} × ", animals.len()) }
                ));
            }
        };
        if shape[0] != frame_count as usize {
            return Err(format!("{} rows, where the recording has {frame_count} frames", shape[0]));
        }
        let columns = shape[shape.len() - 1];
        if columns == 0 {
            return Err("there is no column of numbers".to_owned());
        }
        Ok(Self { names: (0..columns).map(|at| format!("column {at}")).collect(), animals: split })
    }

    fn parse(text: &str, animals: &[String], frame_count: u32) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let place = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let (frame_column, animal_column) = (place("frame"), place("animal"));
        let columns: Vec<usize> =
            (0..header.len()).filter(|at| Some(*at) != frame_column && Some(*at) != animal_column).collect();
        if columns.is_empty() {
            return Err("there is no column of numbers".to_owned());
        }
        if animal_column.is_none() && animals.len() > 1 {
            let known = animals.join(", ");
            return Err(format!("the recording has several animals ({known}); add a column animal"));
        }
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); animals.len()];
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let line = record.position().map_or(0, csv::Position::line);
            let animal = match animal_column.and_then(|at| record.get(at)) {
                None => 0,
                Some(name) => animals.iter().position(|known| known == name).ok_or_else(|| {
                    format!("line {line}: the recording has no animal \"{name}\", only {}", animals.join(", "))
                })?,
            };
            let row = values[animal].len() / columns.len();
            if let Some(frame) = frame_column.and_then(|at| record.get(at))
                && frame.parse() != Ok(row)
            {
                return Err(format!(
                    "line {line}: frame {frame} stands where frame {row} belongs; frames go from 0 without a gap"
                ));
            }
            for at in &columns {
                let field = record.get(*at).unwrap_or_default();
                let is_missing = field.is_empty() || field.eq_ignore_ascii_case("nan");
                let value = if is_missing { Ok(f32::NAN) } else { field.parse() };
                let column = header.get(*at).unwrap_or_default();
                values[animal]
                    .push(value.map_err(|_| format!("line {line}, column {column}: \"{field}\" is not a number"))?);
            }
        }
        let shaped = values.into_iter().zip(animals).map(|(values, animal)| {
            let found = values.len() / columns.len();
            if found != frame_count as usize {
                return Err(format!("{found} rows for {animal}, where the recording has {frame_count} frames"));
            }
            Array2::from_shape_vec((found, columns.len()), values).map_err(|error| error.to_string())
        });
        let names = columns.iter().filter_map(|at| header.get(*at)).map(str::to_owned).collect();
        Ok(Self { names, animals: shaped.collect::<Result<_, _>>()? })
    }

    fn rows(&self, animal: usize, frames: Range<u32>) -> Array2<f32> {
        let slice = Slice::from(frames.start as usize..frames.end as usize);
        self.animals[animal].slice_axis(Axis(0), slice).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use ndarray_npy::WriteNpyExt as _;

    use super::*;

    fn parse(text: &str, animals: &[&str]) -> Result<Matrix, String> {
        let animals: Vec<String> = animals.iter().map(|name| (*name).to_owned()).collect();
        Matrix::parse(text, &animals, 2)
    }

    #[test]
    fn a_table_gives_rows_by_animal() {
        let matrix = parse("animal,frame,a,b\nA1,0,1,2\nA0,0,3,nan\nA0,1,5,6\nA1,1,7,\n", &["A0", "A1"]).unwrap();
        assert_eq!(matrix.names, ["a", "b"]);
        assert_eq!(matrix.rows(0, 1..2), ndarray::array![[5.0, 6.0]]);
        assert!(matrix.rows(0, 0..1)[[0, 1]].is_nan() && matrix.rows(1, 1..2)[[0, 1]].is_nan());
    }

    #[test]
    fn an_array_of_numpy_gives_rows_by_animal() {
        let read = |array: &dyn Fn(&mut Vec<u8>), names: &[&str], frames: u32| {
            let mut bytes = Vec::new();
            array(&mut bytes);
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Matrix::from_npy(&bytes, &names, frames)
        };
        let three = ndarray::array![[[1.0_f64, 2.0], [3.0, 4.0]], [[5.0, f64::NAN], [7.0, 8.0]]];
        let write_three = |bytes: &mut Vec<u8>| three.write_npy(bytes).unwrap();
        let matrix = read(&write_three, &["A0", "A1"], 2).unwrap();
        assert_eq!(matrix.names.len(), 2);
        assert_eq!(matrix.rows(1, 0..2), ndarray::array![[3.0, 4.0], [7.0, 8.0]]);
        assert!(matrix.rows(0, 1..2)[[0, 1]].is_nan());
        let two = ndarray::array![[1.0_f32, 2.0, 3.0]];
        let write_two = |bytes: &mut Vec<u8>| two.write_npy(bytes).unwrap();
        assert_eq!(read(&write_two, &["A0"], 1).unwrap().rows(0, 0..1), two);
        assert_eq!(
            read(&write_two, &["A0", "A1"], 1).unwrap_err(),
            "its shape is [1, 3]; for 2 animals it must be frames × 2 × columns"
        );
        assert_eq!(read(&write_two, &["A0"], 9).unwrap_err(), "1 rows, where the recording has 9 frames");
        let whole = ndarray::array![[1_i64]];
        let refused = read(&|bytes: &mut Vec<u8>| whole.write_npy(bytes).unwrap(), &["A0"], 1).unwrap_err();
        assert!(refused.starts_with("its numbers must be float32 or float64"), "{refused}");
    }

    #[test]
    fn an_image_encoder_needs_a_program_with_onnx() {
        let parsed = FeatureKind::parse("some/net.ONNX");
        if cfg!(feature = "onnx") {
            assert_eq!(parsed.unwrap(), FeatureKind::Encoder("some/net.ONNX".into()));
        } else {
            let said = parsed.unwrap_err().to_string();
            assert!(said.ends_with("cargo build --release --features onnx"), "{said}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(parse("a\n1\n", &["A0"]), Err("1 rows for A0, where the recording has 2 frames".to_owned()));
        assert_eq!(parse("a\nx\n1\n", &["A0"]), Err("line 2, column a: \"x\" is not a number".to_owned()));
        assert!(parse("frame,a\n1,1\n2,1\n", &["A0"]).unwrap_err().contains("where frame 0 belongs"));
        assert!(parse("a\n1\n1\n", &["A0", "A1"]).unwrap_err().contains("add a column animal"));
        assert!(parse("animal,a\nA7,1\n", &["A0"]).unwrap_err().contains("no animal \"A7\""));
    }
}
