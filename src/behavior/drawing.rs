//! What all pictures of behaviour share: how SVG is written, where marks on axes stand, and the colours of labels.

pub(super) mod axis;

pub(super) mod colors;

pub(super) mod svg;
