//! The name of a new checkpoint.

use jiff::Timestamp;

use super::request::Target;
use crate::checkpoint::{self, CheckpointRef, name_from_time};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::workspace::{ArchName, Workspace};

/// Returns the name under which `target` is to be published. A name that cannot be used is refused before any
/// training.
pub(super) fn new_name(
    workspace: &Workspace,
    arch: &ArchName,
    target: &Target,
    created: Timestamp,
) -> Result<CheckpointRef> {
    match target {
        Target::Automatic => automatic_name(workspace, arch, created),
        Target::Named { name, overwrite } => {
            let name = CheckpointRef::parse(name, arch)?;
            if *overwrite {
                checkpoint::refuse_legacy(workspace, &name)?;
                checkpoint::refuse_unlisted_files(workspace, &name)?;
            } else if name.folder(workspace).exists() {
                return Err(already_exists(workspace, &name));
            }
            Ok(name)
        }
        Target::Update { name } => CheckpointRef::parse(name, arch),
    }
}

/// Returns the first name made from `created` that no checkpoint has: several runs can start within a minute.
pub(super) fn automatic_name(
    workspace: &Workspace,
    arch: &ArchName,
    created: Timestamp,
) -> Result<CheckpointRef> {
    let name = name_from_time(created);
    let mut names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n:02}")));
    loop {
        let name = CheckpointRef::parse(&names.next().unwrap_or_default(), arch)?;
        if !name.folder(workspace).exists() {
            return Ok(name);
        }
    }
}

fn already_exists(workspace: &Workspace, name: &CheckpointRef) -> Error {
    let place = Location::file(name.folder(workspace));
    Error::at(place, format!("checkpoint `{name}` already exists"))
        .with_kind(ErrorKind::AlreadyExists)
        .hint(
            "choose another name with --checkpoint, replace it with --overwrite, or retrain a \
             mentor in it with --mentor and --update",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_names_of_one_minute_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let arch = ArchName::new("fusion_v1").unwrap();
        let mut names = Vec::new();
        for _ in 0..3 {
            let name = automatic_name(&workspace, &arch, Timestamp::UNIX_EPOCH).unwrap();
            std::fs::create_dir_all(name.folder(&workspace)).unwrap();
            names.push(name.checkpoint.to_string());
        }
        assert_eq!(names, ["1970-01-01-0000", "1970-01-01-0000-02", "1970-01-01-0000-03"]);
    }

    #[test]
    fn an_existing_name_is_refused_unless_it_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let arch = ArchName::new("fusion_v1").unwrap();
        std::fs::create_dir_all(workspace.arch(&arch).join("x")).unwrap();
        let named = |overwrite| {
            let target = Target::Named { name: "x".to_owned(), overwrite };
            new_name(&workspace, &arch, &target, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(named(false).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(named(true).unwrap().to_string(), "fusion_v1/x");
    }
}
