//! The system's own file dialogs. They block, so they are asked on a thread that may wait; a path field stands beside each.

use std::path::PathBuf;

use rfd::FileDialog;

/// What a path is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A project to open.
    OpenProject,
    /// A folder with a recording.
    Folder,
    /// A new project file.
    SaveProject,
    /// A new table.
    SaveTable,
    /// A new figure: its path without an ending.
    SaveFigure,
    /// A table to read.
    OpenTable,
    /// A TOML file to read.
    OpenToml,
    /// A vocabulary to read.
    OpenVocabulary,
    /// Where a vocabulary is written.
    SaveVocabulary,
    /// A project or a table of behavior to read.
    OpenAccount,
}

/// Asks for a path and waits for the answer; `None` where the person closed the dialog, or the system has none to show.
///
/// # Errors
/// Never today: without a portal and without zenity there is no dialog, which cannot be told from one that was closed.
pub fn ask(purpose: Purpose) -> Result<Option<PathBuf>, String> {
    let dialog = FileDialog::new();
    Ok(match purpose {
        Purpose::OpenProject => {
            dialog.set_title("Open a project").add_filter("Projects and recordings", &["bvlm", "toml"]).pick_file()
        }
        Purpose::Folder => dialog.set_title("Choose a recording's folder").pick_folder(),
        Purpose::SaveProject => {
            dialog.set_title("Make a project").add_filter("Projects", &["bvlm"]).save_file().map(with_extension("bvlm"))
        }
        Purpose::SaveTable => {
            dialog.set_title("Export").add_filter("Tables", &["csv"]).save_file().map(with_extension("csv"))
        }
        Purpose::SaveFigure => dialog.set_title("Save the figure").save_file(),
        Purpose::OpenTable => dialog.set_title("Choose a table").add_filter("Tables", &["csv"]).pick_file(),
        Purpose::OpenVocabulary => {
            dialog.set_title("Choose a vocabulary").add_filter("Vocabularies", &["toml"]).pick_file()
        }
        Purpose::SaveVocabulary => dialog
            .set_title("Write the vocabulary")
            .add_filter("Vocabularies", &["toml"])
            .save_file()
            .map(with_extension("toml")),
        Purpose::OpenAccount => dialog
            .set_title("Choose a project or a table of behavior")
            .add_filter("Projects and tables", &["bvlm", "csv", "tsv", "txt"])
            .pick_file(),
        Purpose::OpenToml => dialog.set_title("Choose a skeleton").add_filter("Skeletons", &["toml"]).pick_file(),
    })
}

fn with_extension(extension: &'static str) -> impl Fn(PathBuf) -> PathBuf {
    move |path| if path.extension().is_none() { path.with_extension(extension) } else { path }
}
