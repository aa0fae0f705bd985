//! Tables as text.

/// Rows of text as CSV; fields are quoted where they have to be.
pub(super) fn csv<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows);
    // Writing to memory fails only for rows of different lengths, of which there are none.
    let is_written = rows.into_iter().all(|row| writer.write_record(&row).is_ok());
    debug_assert!(is_written, "all rows are as long as the header");
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A number with at most six decimals; empty where there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| {
        let text = format!("{value:.6}");
        let short = text.trim_end_matches('0').trim_end_matches('.');
        if short == "-0" { "0".to_owned() } else { short.to_owned() }
    })
}

/// The name of an exclusive group in tables: the main one has none of its own.
pub(super) fn group_name(group: &str) -> String {
    if group.is_empty() { "main".to_owned() } else { group.to_owned() }
}
