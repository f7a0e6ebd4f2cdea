//! Trains the same workspace through the library and through the command line, and compares the checkpoints byte
//! by byte: `same_bytes [WORKSPACE [MENTORPAL]]`. MENTORPAL is the program, by default the one that Cargo built
//! next to this example (`cargo build` builds it).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mentorpal::checkpoint::Manifest;
use mentorpal::{Error, NoProgress, Result, TrainRequest, Workspace};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let workspace = Workspace::open(arguments.next().unwrap_or(".".to_owned()))?;
    let program = arguments.next().map_or_else(built_program, PathBuf::from);

    let request = TrainRequest::new().name("same_bytes_library").seed(7);
    let by_library = workspace.train(&request, &NoProgress)?.folder;
    let status = Command::new(program)
        .args(["train", "--checkpoint", "same_bytes_program", "--seed", "7", "--workspace"])
        .arg(workspace.root())
        .status()
        .map_err(|e| Error::new("cannot run the program").caused_by(e))?;
    if !status.success() {
        return Err(Error::new("the program could not train"));
    }
    let by_program = by_library.with_file_name("same_bytes_program");

    let (ours, theirs) = (manifest(&by_library)?, manifest(&by_program)?);
    let files = ours.files.len();
    // Only the creation time may differ.
    if (Manifest { created: String::new(), ..ours })
        != (Manifest { created: String::new(), ..theirs })
    {
        return Err(Error::new("the checkpoints differ"));
    }
    println!("the library and the program trained the same {files} files");
    Ok(())
}

/// The manifest of the checkpoint in `folder`, with the SHA-256 of every file.
fn manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join("manifest.json");
    let bytes = fs::read(&path).map_err(|e| Error::io(&path, "read the manifest", e))?;
    Manifest::from_bytes(&path, &bytes)
}

/// The program that Cargo built: `target/<profile>/mentorpal` for `target/<profile>/examples/same_bytes`.
fn built_program() -> PathBuf {
    let example = std::env::current_exe().unwrap_or_default();
    let folder = example.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    folder.join("mentorpal").with_extension(std::env::consts::EXE_EXTENSION)
}
