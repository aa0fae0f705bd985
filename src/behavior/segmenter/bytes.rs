//! A model as bytes: a mark, a header in JSON that names shapes, then the numbers, little-endian single precision.
//!
//! The bytes come from a file that may be damaged or made by hand: sizes are checked before anything is allocated, and numbers
//! that are not finite are refused.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Model, ModelClusters};
use crate::behavior::dec::{DecModel, Layer, Net};
use crate::behavior::scale::Reduction;

/// What the bytes begin with; the last character is the version.
const MARK: &[u8; 8] = b"bvlmseg1";

/// Why bytes are no model.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelError {
    /// They begin otherwise.
    #[error("this is no segmentation model, or one of another version")]
    Mark,
    /// The part that names shapes cannot be read.
    #[error("the model's header is damaged: {reason}")]
    Header {
        /// What the parser says.
        reason: String,
    },
    /// There are more or fewer numbers than the shapes ask for.
    #[error("the model should have {expected} numbers, there are {found} bytes for them")]
    Length {
        /// Numbers that the shapes ask for.
        expected: u64,
        /// Bytes after the header.
        found: usize,
    },
    /// A number is infinite, none, or a scale that is not positive.
    #[error("the model holds numbers that cannot be")]
    Numbers,
}

/// Shapes; all else is numbers.
#[derive(Serialize, Deserialize)]
struct Header {
    columns: u32,
    components: u32,
    /// Of the encoder's layers after its input; `None` of k-means.
    widths: Option<Vec<u32>>,
    clusters: u32,
}

impl Header {
    fn of(model: &Model) -> Self {
        let (widths, centroids) = match &model.clusters {
            ModelClusters::Dec(model) => {
                (Some(model.encoder.layers.iter().map(|layer| layer.bias.len() as u32).collect()), &model.centroids)
            }
            ModelClusters::KMeans { centroids, .. } => (None, centroids),
        };
        let [components, columns] = [model.reduction.components.nrows(), model.reduction.components.ncols()];
        Self { columns: columns as u32, components: components as u32, widths, clusters: centroids.nrows() as u32 }
    }

    /// Inputs and outputs of each layer.
    fn layers(&self) -> Vec<[u32; 2]> {
        let widths: Vec<u32> = [self.components].into_iter().chain(self.widths.iter().flatten().copied()).collect();
        widths.windows(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    fn code_width(&self) -> u32 {
        self.widths.iter().flatten().last().copied().unwrap_or(self.components)
    }

    /// How many numbers follow; `None` where that overflows.
    fn numbers(&self) -> Option<u64> {
        let [columns, components, clusters] = [self.columns, self.components, self.clusters].map(u64::from);
        let reduction =
            columns.checked_mul(3)?.checked_add(components.checked_mul(columns)?)?.checked_add(components + 1)?;
        let layers = self.layers().into_iter().try_fold(0_u64, |sum, [inputs, outputs]| {
            sum.checked_add(u64::from(inputs).checked_mul(u64::from(outputs))?)?.checked_add(u64::from(outputs))
        })?;
        let centroids = clusters.checked_mul(u64::from(self.code_width()))?;
        let scale = u64::from(self.widths.is_none());
        reduction.checked_add(layers)?.checked_add(centroids)?.checked_add(scale)
    }
}

impl Model {
    /// The model as bytes, which read back exactly.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header::of(self);
        let text = serde_json::to_vec(&header).unwrap_or_default();
        let mut bytes = MARK.to_vec();
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text);
        let mut put =
            |numbers: &mut dyn Iterator<Item = &f32>| bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
        let Reduction { medians, spreads, means, components, explained, factor } = &self.reduction;
        put(&mut medians.iter().chain(spreads).chain(means).chain(components).chain(explained).chain([factor]));
        match &self.clusters {
            ModelClusters::Dec(model) => {
                for layer in &model.encoder.layers {
                    put(&mut layer.weight.iter().chain(&layer.bias));
                }
                put(&mut model.centroids.iter());
            }
            ModelClusters::KMeans { centroids, mean_square } => put(&mut centroids.iter().chain([mean_square])),
        }
        bytes
    }

    /// The model of bytes that [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// Where the bytes are no such model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MARK).ok_or(ModelError::Mark)?;
        let damaged = |reason: &str| ModelError::Header { reason: reason.to_owned() };
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| damaged("it ends early"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = rest.split_at_checked(length).ok_or_else(|| damaged("it ends early"))?;
        let header: Header = serde_json::from_slice(text).map_err(|error| damaged(&error.to_string()))?;
        if header.clusters == 0
            || header.components == 0
            || header.widths.as_ref().is_some_and(|widths| widths.contains(&0) || widths.is_empty())
        {
            return Err(damaged("a size is 0"));
        }
        let expected = header.numbers().ok_or_else(|| damaged("its sizes overflow"))?;
        let (numbers, remainder) = rest.as_chunks::<4>();
        if expected != numbers.len() as u64 || !remainder.is_empty() {
            return Err(ModelError::Length { expected, found: rest.len() });
        }
        let mut numbers = numbers.iter().map(|number| f32::from_le_bytes(*number));
        if !numbers.clone().all(f32::is_finite) {
            return Err(ModelError::Numbers);
        }
        let model = Self::from_numbers(&header, &mut numbers);
        match &model.clusters {
            ModelClusters::KMeans { mean_square, .. } if *mean_square <= 0.0 => Err(ModelError::Numbers),
            _ => Ok(model),
        }
    }

    /// As many numbers as the header asks for, in the order of [`Self::to_bytes`].
    fn from_numbers(header: &Header, numbers: &mut dyn Iterator<Item = f32>) -> Self {
        let mut vector = |length: u32| -> Array1<f32> { numbers.take(length as usize).collect() };
        let matrix = |rows: u32, columns: u32, vector: &mut dyn FnMut(u32) -> Array1<f32>| -> Array2<f32> {
            let mut matrix = Array2::zeros((rows as usize, columns as usize));
            matrix.rows_mut().into_iter().for_each(|mut row| row.assign(&vector(columns)));
            matrix
        };
        let reduction = Reduction {
            medians: vector(header.columns),
            spreads: vector(header.columns),
            means: vector(header.columns),
            components: matrix(header.components, header.columns, &mut vector),
            explained: vector(header.components),
            factor: vector(1)[0],
        };
        let layers = header.layers();
        let last = layers.len().saturating_sub(1);
        let layers: Vec<Layer> = layers
            .into_iter()
            .enumerate()
            .map(|(index, [inputs, outputs])| Layer {
                weight: matrix(inputs, outputs, &mut vector),
                bias: vector(outputs),
                is_linear: index == last,
            })
            .collect();
        let centroids = matrix(header.clusters, header.code_width(), &mut vector);
        let clusters = if header.widths.is_some() {
            ModelClusters::Dec(DecModel { encoder: Net { layers }, centroids })
        } else {
            ModelClusters::KMeans { centroids, mean_square: vector(1)[0] }
        };
        Self { reduction, clusters }
    }
}
