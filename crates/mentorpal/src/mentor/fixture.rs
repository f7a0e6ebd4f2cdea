//! Mentors for unit tests.

use super::{Mentor, answers};
use crate::workspace::{MentorId, Workspace};

/// A mentor `id` with these `rows` below the header `ID,topics,text,question`.
pub(crate) fn mentor(id: &str, rows: &str) -> Mentor {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let id = MentorId::new(id).unwrap();
    std::fs::create_dir_all(workspace.mentor_data(&id)).unwrap();
    let table = format!("ID,topics,text,question\n{rows}");
    std::fs::write(workspace.mentor_data(&id).join(answers::FILE), table).unwrap();
    Mentor::load(&workspace, &id).unwrap().0
}
