//! Figures of whole recordings; ignored, since they take minutes and real data.
