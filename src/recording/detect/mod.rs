//! Masks, crops and centroids (paper §2.1).

pub mod config;

pub mod error;

pub mod centroids;

pub mod background;

mod candidates;

mod refine;

mod fit;

mod noise;

mod filter;

mod plane;

pub use background::Background;
pub use centroids::find_centroids;
pub use config::DetectConfig;
pub use error::DetectError;
