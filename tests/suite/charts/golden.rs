//! The pictures of a small record, as they are to stay. Look at the files after a change.

use plimsoll::charts::{Theme, charts, png};

use super::made::SMALL;

#[test]
fn the_pictures_are_as_they_were() {
    for chart in charts(&SMALL.record(), Theme::Light) {
        let file = format!("{}.svg", chart.name);
        insta::assert_binary_snapshot!(file.as_str(), chart.svg.into_bytes());
    }
}

#[test]
fn themes_differ_in_nothing_but_colours() {
    let record = SMALL.record();
    let bare = |theme: Theme| -> Vec<String> {
        let charts = charts(&record, theme).into_iter();
        let ink = regex::Regex::new(r##" (fill|stroke)="#[0-9a-f]{6}""##).unwrap();
        let class = regex::Regex::new(r#" class="[^"]*""#).unwrap();
        charts
            .map(|chart| {
                let svg = ink.replace_all(&chart.svg, "");
                class.replace_all(&svg, "").into_owned()
            })
            .collect()
    };
    let light = bare(Theme::Light);
    assert_eq!(light, bare(Theme::Dark));
    assert_eq!(light, bare(Theme::Css));
    for chart in charts(&record, Theme::Css) {
        assert!(
            !chart.svg.contains("\"#"),
            "a colour of its own in {}",
            chart.name
        );
    }
}

#[test]
fn the_png_is_the_svg_at_twice_its_size_with_text_in_it() {
    let mut chart = charts(&SMALL.record(), Theme::Dark).remove(0);
    let document = resvg::usvg::roxmltree::Document::parse(&chart.svg).unwrap();
    let view = super::picture::view_box(&document);
    let picture = png(&chart).unwrap();
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    // The header's width and height (PNG specification, 11.2.2).
    let side = |at: usize| f64::from(u32::from_be_bytes(picture[at..at + 4].try_into().unwrap()));
    assert_eq!((side(16), side(20)), (2.0 * view.x.1, 2.0 * view.y.1));
    let text = regex::Regex::new("<text[^>]*>[^\n]*</text>").unwrap();
    chart.svg = text.replace_all(&chart.svg, "").into_owned();
    let without = png(&chart).unwrap();
    assert!(picture.len() > without.len() + 2_000, "no text was drawn");
}
