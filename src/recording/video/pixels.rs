//! Which grey levels come out of a video: those that are stored.
//!
//! For colour formats with a luma plane (YCbCr), grey is that plane as it stands. Converting such a video to "gray" would
//! stretch the limited range 16–235 of ordinary video to 0–255 (and round), and two cameras whose files state different
//! ranges would no longer be comparable; so nothing is stretched. Grey formats are passed through, more than 8 bits as 16-bit
//! numbers of the stored depth. Only RGB and palettes are converted, by ffmpeg, with the weights of ITU-R BT.601.

/// How to get grey pictures out of a pixel format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GrayOutput {
    /// The filter that makes grey pictures of it, if one is needed.
    pub(super) filter: Option<&'static str>,
    /// The format that ffmpeg writes.
    pub(super) format: &'static str,
    /// Bytes per pixel of that format, 1 or 2 (little-endian).
    pub(super) bytes: usize,
}

const PLANE: Option<&str> = Some("extractplanes=y");

impl GrayOutput {
    /// The way from ffmpeg's name of a pixel format to grey.
    pub(super) fn of(format: &str) -> Self {
        let name = format.trim_end_matches("le").trim_end_matches("be");
        let depth = depth_of(name);
        if name.starts_with("gray") {
            return Self::plain(None, depth);
        }
        match name {
            // Packed or half-planar: unpacking them leaves the luma samples as they are.
            "nv12" | "nv21" => Self::plain(Some("format=yuv420p,extractplanes=y"), 8),
            "nv16" | "yuyv422" | "uyvy422" | "yvyu422" => Self::plain(Some("format=yuv422p,extractplanes=y"), 8),
            "nv24" | "nv42" => Self::plain(Some("format=yuv444p,extractplanes=y"), 8),
            "p010" => Self::plain(Some("format=yuv420p10le,extractplanes=y"), 10),
            "p016" => Self::plain(Some("format=yuv420p16le,extractplanes=y"), 16),
            _ if name.starts_with("yuv") => Self::plain(PLANE, depth),
            _ if depth > 8 => Self { filter: Some("format=gray16le"), format: "gray16le", bytes: 2 },
            _ => Self { filter: Some("format=gray"), format: "gray", bytes: 1 },
        }
    }

    fn plain(filter: Option<&'static str>, depth: u32) -> Self {
        let format = match depth {
            9 => "gray9le",
            10 => "gray10le",
            12 => "gray12le",
            14 => "gray14le",
            16 => "gray16le",
            _ => "gray",
        };
        Self { filter, format, bytes: if format == "gray" { 1 } else { 2 } }
    }
}

/// Bits per sample by the name's ending: "yuv420p10" has 10, "yuv420p" has 8, "gray16" has 16, "rgb48" has 16.
fn depth_of(name: &str) -> u32 {
    match name {
        "rgb48" | "bgr48" | "rgba64" | "bgra64" | "ya16" | "xyz12" => return 16,
        _ => {}
    }
    let digits = match name.rsplit_once(['p', 'y']) {
        Some((_, digits)) => digits,
        None => return 8,
    };
    digits.parse().unwrap_or(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_is_taken_and_never_stretched() {
        for format in ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuva420p", "yuv411p", "yuv440p"] {
            assert_eq!(GrayOutput::of(format), GrayOutput { filter: PLANE, format: "gray", bytes: 1 }, "{format}");
        }
        assert_eq!(GrayOutput::of("yuv420p10le"), GrayOutput { filter: PLANE, format: "gray10le", bytes: 2 });
        assert_eq!(GrayOutput::of("yuv422p12be"), GrayOutput { filter: PLANE, format: "gray12le", bytes: 2 });
    }

    #[test]
    fn grey_passes_and_rgb_is_converted() {
        assert_eq!(GrayOutput::of("gray"), GrayOutput { filter: None, format: "gray", bytes: 1 });
        assert_eq!(GrayOutput::of("gray16le"), GrayOutput { filter: None, format: "gray16le", bytes: 2 });
        assert_eq!(GrayOutput::of("gray16be"), GrayOutput { filter: None, format: "gray16le", bytes: 2 });
        assert_eq!(GrayOutput::of("gray12le").format, "gray12le");
        assert_eq!(GrayOutput::of("bgr0").format, "gray");
        assert_eq!(GrayOutput::of("rgb48le").format, "gray16le");
        assert_eq!(GrayOutput::of("gbrp16le").format, "gray16le");
        assert_eq!(GrayOutput::of("pal8").format, "gray");
    }
}
