//! Uploads a checkpoint of one workspace and downloads it into another: `share CHECKPOINT URL FROM TO`. The URL
//! of a folder is `file:///PATH`.

use mentorpal::{Error, Result, Workspace};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [checkpoint, url, from, to] = arguments.as_slice() else {
        return Err(Error::new("expected CHECKPOINT URL FROM TO"));
    };
    let uploaded = Workspace::open(from)?.remote_at(url)?.upload(checkpoint)?;
    println!("uploaded {} files to {}", uploaded.files, uploaded.place);
    let downloaded = Workspace::open(to)?.remote_at(url)?.download(checkpoint)?;
    println!("downloaded {} files to {}", downloaded.files, downloaded.place);
    Ok(())
}
