//! The cameras of one recording, in the order that its manifest gives them.

use thiserror::Error;

use super::camera::Camera;
use crate::model::{CameraId, ViewSet};

/// Why cameras do not make a rig.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RigError {
    /// There are more cameras than a set of views can hold.
    #[error("the calibration has {count} cameras; at most {} can be used together", ViewSet::CAPACITY)]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// Two cameras share a name.
    #[error("the calibration has two cameras named \"{camera}\"; give each its own name")]
    Duplicate {
        /// The name.
        camera: String,
    },
}

/// Calibrated cameras that share one world. Views beyond [`ViewSet::CAPACITY`] are left out of every computation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rig {
    /// By camera id.
    pub cameras: Vec<Camera>,
}

impl Rig {
    /// A rig whose cameras fit a set of views and have names of their own.
    ///
    /// # Errors
    /// When there are too many cameras, or two of one name.
    pub fn new(cameras: Vec<Camera>) -> Result<Self, RigError> {
        if cameras.len() > ViewSet::CAPACITY {
            return Err(RigError::TooMany { count: cameras.len() });
        }
        for (index, camera) in cameras.iter().enumerate() {
            if cameras[..index].iter().any(|earlier| earlier.name() == camera.name()) {
                return Err(RigError::Duplicate { camera: camera.name().to_owned() });
            }
        }
        Ok(Self { cameras })
    }

    /// How many cameras there are.
    pub fn len(&self) -> usize {
        self.cameras.len()
    }

    /// Whether there is no camera.
    pub fn is_empty(&self) -> bool {
        self.cameras.is_empty()
    }

    /// A camera by its id, which must be one of this rig's.
    pub fn camera(&self, id: CameraId) -> &Camera {
        &self.cameras[id.index()]
    }

    /// The camera with that name.
    pub fn find(&self, name: &str) -> Option<CameraId> {
        self.cameras.iter().position(|camera| camera.name() == name).map(|index| CameraId(index as u8))
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = CameraId> + use<> {
        (0..self.cameras.len().min(ViewSet::CAPACITY) as u8).map(CameraId)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_rigs::{LENSES, ring};
    use super::*;

    #[test]
    fn names_find_cameras_and_must_differ() {
        let rig = ring(4, LENSES[0]);
        assert_eq!(rig.find("cam2"), Some(CameraId(2)));
        assert_eq!(rig.find("cam9"), None);
        assert_eq!(rig.camera(CameraId(2)).name(), "cam2");
        let twice = vec![rig.cameras[0].clone(), rig.cameras[0].clone()];
        assert!(Rig::new(twice).unwrap_err().to_string().contains("\"cam0\""));
        assert!(Rig::new(vec![rig.cameras[0].clone(); 17]).unwrap_err().to_string().contains("17 cameras"));
    }
}
