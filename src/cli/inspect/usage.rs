//! What is wrong with a command line, before anything is read.

use super::super::args::{InspectArgs, InspectFormat};
use super::super::failure::Failure;
use crate::inspection::{Condition, check_platform};

/// The conditions of `--fail-on`.
///
/// # Errors
/// When a condition, or what is given next to it, makes no sense.
pub(super) fn conditions(args: &InspectArgs) -> Result<Vec<Condition>, Failure> {
    let conditions = args.fail_on.iter().map(|text| text.parse::<Condition>());
    let conditions = conditions.collect::<Result<Vec<_>, _>>().map_err(|bad| {
        let hint = bad.hint();
        Failure::usage(bad).with_hint(Some(hint))
    })?;
    check_images(args)?;
    let needs_some = matches!(
        args.format,
        InspectFormat::Junit | InspectFormat::Sarif | InspectFormat::Annotations
    );
    let is_list = args.layer.is_some() || args.path.is_some() || args.against.is_some();
    if is_list && matches!(args.format, InspectFormat::Cyclonedx | InspectFormat::Spdx) {
        let hint = "leave out --layer, --path and --against";
        return Err(wrong("this format has the packages of a whole image", hint));
    }
    if needs_some && conditions.is_empty() {
        let hint = "for example --fail-on 'secrets,root,waste>5%'";
        let said = "this format holds what --fail-on found, and no condition is named";
        return Err(wrong(said, hint));
    }
    Ok(conditions)
}

/// What is wrong with the images, and with what selects one in an archive.
fn check_images(args: &InspectArgs) -> Result<(), Failure> {
    if args.select.len() > 1 + usize::from(args.against.is_some()) {
        let hint = "give it once for the image, and once for --against";
        return Err(wrong("--image is given too often", hint));
    }
    if let Some(platform) = &args.platform {
        check_platform(platform).map_err(|bad| {
            let said = format!("failed to read --platform: {bad}");
            wrong(&said, bad.hint())
        })?;
    }
    let images = [Some(&args.image), args.against.as_ref(), args.base.as_ref()];
    let from_stdin = images.into_iter().flatten().filter(|image| *image == "-");
    if from_stdin.count() > 1 {
        let hint = "write one of the images to a file: docker save IMAGE -o FILE";
        return Err(wrong("standard input is named twice", hint));
    }
    Ok(())
}

fn wrong(said: &str, hint: &str) -> Failure {
    Failure::usage(said).with_hint(Some(hint.to_owned()))
}
