//! A network from an ONNX file that turns a picture into a row of numbers. The only file that knows the runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::pb::{ModelProto, tensor_proto::DataLocation};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

use super::EncoderError;

/// More numbers than this make no better clusters, and the components of so many take minutes to find.
const MOST_OUTPUTS: usize = 4096;

/// A picture as the network wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InputShape {
    /// 1 or 3.
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Whether the channels of a pixel stand together (N×H×W×C) instead of the pixels of a channel.
    pub(super) channels_last: bool,
}

impl InputShape {
    /// Of one picture.
    fn dims(&self) -> [usize; 4] {
        let Self { channels, height, width, channels_last } = *self;
        if channels_last { [1, height, width, channels] } else { [1, channels, height, width] }
    }
}

/// A network for one picture at a time.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) input: InputShape,
    /// Length of a row.
    pub(super) outputs: usize,
    plan: Arc<TypedSimplePlan>,
}

impl Network {
    /// Reads a network.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, EncoderError> {
        // The reader trusts a file to name what is in it, and panics where it does not.
        let read = catch_unwind(AssertUnwindSafe(|| Self::read(bytes)));
        read.unwrap_or_else(|_| Err(EncoderError::NoNetwork { message: "it contradicts itself".to_owned() }))
    }

    fn read(mut bytes: &[u8]) -> Result<Self, EncoderError> {
        // Shapes that the file notes for inner values hold for its own batch, not for one picture.
        let reader = onnx().with_ignore_value_info(true).with_ignore_output_types(true);
        let no_network = |error: TractError| EncoderError::NoNetwork { message: cause(&error) };
        let proto = reader.proto_model_for_read(&mut bytes).map_err(no_network)?;
        if has_scattered_weights(&proto) {
            return Err(EncoderError::ScatteredWeights);
        }
        let mut model = reader.model_for_proto_model(&proto).map_err(no_network)?;
        if model.inputs.len() != 1 {
            return Err(EncoderError::Inputs { count: model.inputs.len() });
        }
        let not_run = |error: TractError| EncoderError::NotRun { message: cause(&error) };
        let input = input_shape(model.input_fact(0).map_err(not_run)?)?;
        model.set_input_fact(0, f32::fact(input.dims()).into()).map_err(not_run)?;
        let first = model.outputs.iter().take(1).copied().collect::<Vec<_>>();
        model.select_output_outlets(&first).map_err(not_run)?;
        let plan = model.into_optimized().and_then(TypedModel::into_runnable).map_err(not_run)?;
        let mut network = Self { input, outputs: 0, plan };
        // One picture in advance: a network that does not run fails before the recording is read.
        network.outputs = network.run(vec![0.0; input.dims().iter().product()])?.len();
        if !(1..=MOST_OUTPUTS).contains(&network.outputs) {
            return Err(EncoderError::Outputs { count: network.outputs, most: MOST_OUTPUTS });
        }
        Ok(network)
    }

    /// The row of a picture, given in the order of the input's shape.
    ///
    /// The first output counts. Of a map (rank 4) each channel is averaged over the picture, of a list of tokens (rank 3) each
    /// number over the tokens; anything else is taken as it is.
    pub(super) fn run(&self, picture: Vec<f32>) -> Result<Vec<f32>, EncoderError> {
        let row = || -> TractResult<Vec<f32>> {
            let picture = Tensor::from_shape(&self.input.dims(), &picture)?;
            let outputs = self.plan.run(tvec![picture.into_tvalue()])?;
            let output = outputs.first().ok_or_else(|| TractError::msg("no output"))?.cast_to::<f32>()?.into_owned();
            let values = output.to_plain_array_view::<f32>()?;
            let over: &[usize] = match (values.ndim(), self.input.channels_last) {
                (4, false) => &[3, 2],
                (4, true) => &[2, 1],
                (3, _) => &[1],
                _ => &[],
            };
            let mean = over.iter().fold(values.to_owned(), |values, axis| {
                let count = values.shape()[*axis].max(1) as f32;
                values.sum_axis(tract_ndarray::Axis(*axis)) / count
            });
            Ok(mean.iter().copied().collect())
        };
        row().map_err(|error| EncoderError::NotRun { message: cause(&error) })
    }
}

/// Height, width and channels, where the file fixes them; whatever the batch is, one picture goes in.
fn input_shape(fact: &InferenceFact) -> Result<InputShape, EncoderError> {
    let input = fact.format_dt_shape();
    if fact.datum_type.concretize().is_some_and(|kind| kind != f32::datum_type()) {
        return Err(EncoderError::NoPicture { input });
    }
    let known = |dim: Option<TDim>| dim.and_then(|dim| dim.to_usize().ok());
    let dims: Vec<Option<usize>> = fact.shape.dims().map(|dim| known(dim.concretize())).collect();
    let is_channels = |count: usize| matches!(count, 1 | 3);
    match dims[..] {
        [_, Some(channels), Some(height), Some(width)] if is_channels(channels) && height > 0 && width > 0 => {
            Ok(InputShape { channels, height, width, channels_last: false })
        }
        [_, Some(height), Some(width), Some(channels)] if is_channels(channels) && height > 0 && width > 0 => {
            Ok(InputShape { channels, height, width, channels_last: true })
        }
        [_, a, b, c] if [a, b, c].contains(&None) => Err(EncoderError::OpenSize { input }),
        _ => Err(EncoderError::NoPicture { input }),
    }
}

fn has_scattered_weights(proto: &ModelProto) -> bool {
    let weights = proto.graph.iter().flat_map(|graph| &graph.initializer);
    weights.into_iter().any(|tensor| tensor.data_location == Some(DataLocation::External as i32))
}

/// The reasons, the innermost last, as one line.
fn cause(error: &TractError) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().chars().take(200).collect()
}
