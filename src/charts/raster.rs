//! Renders a chart as PNG with the embedded fonts.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use resvg::usvg::Tree;
use resvg::usvg::fontdb::Database;

use super::options::Chart;

/// Pixels of the PNG per pixel of the SVG, for high-density screens and print.
const SCALE: f32 = 2.0;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
    fonts.load_font_data(notosans::BOLD_TTF.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    Arc::new(fonts)
});

/// A chart that cannot be rendered as PNG.
#[derive(Debug, thiserror::Error)]
#[error("failed to render the chart `{name}` as PNG: {why}")]
pub struct RasterError {
    name: String,
    why: String,
}

/// Renders a chart as PNG at twice its size. A chart of [`super::Theme::Css`] has no colours and
/// is rendered black.
///
/// # Errors
/// The picture is too large for memory.
pub fn png(chart: &Chart) -> Result<Vec<u8>, RasterError> {
    let fault = |why: String| RasterError {
        name: chart.name.clone(),
        why,
    };
    let options = usvg::Options {
        fontdb: Arc::clone(&FONTS),
        font_family: "Noto Sans".to_owned(),
        ..usvg::Options::default()
    };
    let tree = Tree::from_str(&chart.svg, &options).map_err(|error| fault(error.to_string()))?;
    let size = tree.size().to_int_size();
    let size = size
        .scale_by(SCALE)
        .ok_or_else(|| fault("it has no size".to_owned()))?;
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| fault("it is too large".to_owned()))?;
    let transform = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| fault(error.to_string()))
}
