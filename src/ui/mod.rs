//! What a person sees: egui widgets and painters that read the app's state and send commands.

pub mod theme;

pub mod icons;

pub mod widgets;

pub mod marks;

pub mod pills;
