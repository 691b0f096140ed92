//! One image that was looked into: who wrote which bytes, and which of them are wasted.
//! Pure data; `image` makes it and `report` shows it.

mod files;
mod gate;
mod growth;
mod image;
mod layer_names;
mod packages;
mod platform;
mod saved;
mod saved_size;
mod texts;

pub use files::{FileKind, FileList, ListedFile, RemovedName};
pub use gate::{BadCondition, Condition, GateFinding, GateSubject, Judged, judge};
pub use growth::{Growth, LayerGrowth, PathGrowth, Sizes};
pub use image::{
    Base, BaseEvidence, Heavy, HistoryInstruction, InspectedLayer, Inspection, Waste, WasteCause,
    WasteGroup, WastedFile, WastedFolder,
};
pub use layer_names::{LayerNames, NameChange};
pub use packages::{
    LinuxDistribution, Package, PackageGrowth, PackageKind, Packages, UnreadPackages,
    growth_of_packages,
};
pub use platform::{BadPlatform, PlatformFit, check_platform, platform_fit};
pub use saved::{INSPECTION_SCHEMA, SavedInspectionError, read_inspection};
