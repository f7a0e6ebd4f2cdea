//! A thousand damaged sentence encoders: each is added completely or refused, in bounded memory.

use std::fs;
use std::thread;

use mentorpal::error::ErrorKind::{InvalidInput, Unsupported};
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{self, VectorModel};
use mentorpal::workspace::{VectorModelName, Workspace};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::mutated::mutate;
use super::tiny::{self, Files, zipped};
use super::{MODELS, names};
use crate::support::{Run, Sandbox, failure};

/// The seed, which is the same in every run.
const SEED: u64 = 5;

const THREADS: u64 = 4;

/// The limit of the address space in KiB. The undamaged encoder of 20 kB needs between 24 and 32
/// MiB, for the program itself and the stacks of its threads.
const LIMIT: u64 = 64 << 10;

/// Replacements for a number or a word in JSON.
const VALUES: [&str; 12] = [
    "-1",
    "0",
    "1",
    "3",
    "1e308",
    "99999999",
    "4294967296",
    "18446744073709551615",
    "null",
    "true",
    "\"A\"",
    "[]",
];

/// Adds `path` as `model` within [`LIMIT`].
fn add(sandbox: &Sandbox, path: &str) -> Run {
    let binary = env!("CARGO_BIN_EXE_mentorpal");
    let line = format!(
        "ulimit -v {LIMIT}; exec '{binary}' vectors add {path} --name model --overwrite --json"
    );
    let mut command = sandbox.program("bash");
    // The memory of the threads does not depend on the file.
    sandbox.finish(command.args(["-c", &line]).env("RAYON_NUM_THREADS", "2"))
}

/// Whether the place of the error is a file of the encoder, or its archive.
fn is_in_encoder(run: &Run) -> bool {
    run.error()["place"]["path"].as_str().is_some_and(|path| path.starts_with("encoder"))
}

/// Replaces the contents of the folder by the files.
fn write(sandbox: &Sandbox, folder: &str, files: &Files) {
    let _ = fs::remove_dir_all(sandbox.path().join(folder));
    sandbox.write_all(folder, files);
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_mutated_encoders_are_added_completely_or_refused() {
    let added: usize = thread::scope(|scope| {
        let run = |seed| scope.spawn(move || added_of(250, SEED * THREADS + seed));
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // Some changed numbers are valid, but most damage is detected.
    assert!((100..900).contains(&added), "{added} of 1000 were added");
}

/// Adds damaged encoders, and returns how many were accepted.
fn added_of(rounds: usize, seed: u64) -> usize {
    let sandbox = Sandbox::empty();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let intact = tiny::files();
    let mut added = 0;
    for round in 0..rounds {
        let mut files = intact.clone();
        let mut archive = None;
        match round % 4 {
            0 => archive = Some(mutated_archive(&files, &mut random)),
            1 => {
                mutate_any(&mut files, &mut random);
                archive = Some(zipped(&files, "model/"));
            }
            _ => mutate_any(&mut files, &mut random),
        }
        let run = if let Some(bytes) = archive {
            sandbox.write("encoder.zip", bytes);
            add(&sandbox, "encoder.zip")
        } else {
            write(&sandbox, "encoder", &files);
            add(&sandbox, "encoder")
        };
        match run.code {
            Some(0) => {
                is_usable(&sandbox);
                added += 1;
            }
            Some(2) => assert!(is_in_encoder(&run), "round {round}\n{run}"),
            _ => panic!("seed {seed}, round {round}\n{run}"),
        }
        let left = names(&sandbox);
        assert!(left.iter().all(|name| name == "model"), "round {round} left {left:?}");
    }
    added
}

/// An added model must be intact. Every text has a vector or an error with a reason.
fn is_usable(sandbox: &Sandbox) {
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let name = VectorModelName::new("model").unwrap();
    assert_eq!(vectors::verify(&workspace, &name).unwrap(), None);
    let model = VectorModel::open(&workspace, &name).unwrap();
    let long = "what is your name? ".repeat(50);
    for text in ["", "your name", "\u{1F600} 日本 ﬁ e\u{301}", &long] {
        if let Ok(vectors) = model.sentences().embed(&[text], &NoProgress) {
            assert_eq!(vectors.row(0).len(), model.dims());
        }
    }
}

fn mutated_archive(files: &Files, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut archive = zipped(files, "model/");
    let other = archive.clone();
    // The sizes are in the central directory, near the end.
    if random.random_bool(0.5) {
        let list = archive.len() - random.random_range(1..700);
        archive[list] ^= 1 << random.random_range(0..8);
    } else {
        mutate(&mut archive, &other, random);
    }
    archive
}

/// Damages or removes one file.
fn mutate_any(files: &mut Files, random: &mut ChaCha8Rng) {
    let paths: Vec<String> = files.keys().cloned().collect();
    let path = paths[random.random_range(0..paths.len())].as_str();
    let other = files[paths[random.random_range(0..paths.len())].as_str()].clone();
    let file = files.get_mut(path).unwrap();
    match random.random_range(0..10) {
        0 if random.random_bool(0.3) => {
            files.remove(path);
        }
        0..4 => mutate(file, &other, random),
        _ if path == "model.safetensors" => {
            let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
            let mut head = file[8..8 + length].to_vec();
            mutate_json(&mut head, random);
            let data = file.split_off(8 + length);
            *file = [&(head.len() as u64).to_le_bytes()[..], &head, &data].concat();
        }
        _ => mutate_json(file, random),
    }
}

/// Replaces a number, a word or a string.
fn mutate_json(file: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-+._\"[]#$".contains(byte);
    let at = random.random_range(0..file.len());
    let Some(start) = (at..file.len()).find(|&at| is_plain(&file[at])) else { return };
    let start = (0..=start).rev().take_while(|&at| is_plain(&file[at])).last().unwrap_or(start);
    let end = (start..file.len()).find(|&at| !is_plain(&file[at])).unwrap_or(file.len());
    let value = VALUES[random.random_range(0..VALUES.len())];
    file.splice(start..end, value.bytes());
}

#[cfg(target_os = "linux")]
#[test]
fn claimed_sizes_in_a_header_or_list_allocate_nothing() {
    let sandbox = Sandbox::empty();
    let intact = tiny::files();
    write(&sandbox, "encoder", &intact);
    add(&sandbox, "encoder").code(0);
    fs::remove_dir_all(sandbox.path().join(MODELS)).unwrap();
    for (path, from, to) in [
        ("config.json", "\"hidden_size\":8", "\"hidden_size\":1152921504606846976"),
        ("config.json", "\"num_hidden_layers\":2", "\"num_hidden_layers\":18446744073709551615"),
        ("config.json", "\"vocab_size\":14", "\"vocab_size\":9223372036854775808"),
        ("config.json", "\"intermediate_size\":16", "\"intermediate_size\":4294967296"),
        ("config.json", "\"max_position_embeddings\":12", "\"max_position_embeddings\":99999999"),
        ("config.json", "\"hidden_size\":8", "\"hidden_size\":-8"),
        ("config.json", "\"layer_norm_eps\":1e-12", "\"layer_norm_eps\":1e999"),
        ("sentence_bert_config.json", "\"max_seq_length\":8", "\"max_seq_length\":2"),
        ("sentence_bert_config.json", "\"max_seq_length\":8", "\"max_seq_length\":-1"),
        ("tokenizer.json", "\"ids\":[2]", "\"ids\":[2,2,2,2,2,2,2,2,2,2]"),
        ("tokenizer.json", "\"ids\":[2]", "\"ids\":[4294967295]"),
        ("tokenizer.json", "\"name\":7", "\"name\":4000000000"),
    ] {
        let mut files = intact.clone();
        let text = String::from_utf8(files[path].clone()).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        files.insert(path.into(), text.replace(from, to).into_bytes());
        write(&sandbox, "encoder", &files);
        let run = add(&sandbox, "encoder");
        assert!(run.code == Some(2) && is_in_encoder(&run), "{to}\n{run}");
    }
    for length in [u64::MAX, 1 << 62, 1 << 40, 1 << 31] {
        let mut files = intact.clone();
        files.get_mut("model.safetensors").unwrap()[..8].copy_from_slice(&length.to_le_bytes());
        write(&sandbox, "encoder", &files);
        add(&sandbox, "encoder").fails(failure(InvalidInput).at("encoder/model.safetensors"));
    }
    assert!(names(&sandbox).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn an_archive_with_false_sizes_is_refused() {
    let sandbox = Sandbox::empty();
    let files = tiny::files();
    let whole = zipped(&files, "");
    let end = whole.len() - 22;
    // A central directory with more entries than plain archives have: 76 bytes between directory
    // and end record.
    let mut many = whole[..end].to_vec();
    let zip64_end = end as u64;
    many.extend(b"PK\x06\x06");
    many.extend(44_u64.to_le_bytes());
    many.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1 << 40, 1 << 40, 1 << 45, 1 << 41_u64] {
        many.extend(u64::to_le_bytes(number));
    }
    many.extend(b"PK\x06\x07\0\0\0\0");
    many.extend(zip64_end.to_le_bytes());
    many.extend(1_u32.to_le_bytes());
    many.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    sandbox.write("many.zip", &many);
    add(&sandbox, "many.zip").fails(failure(InvalidInput).at("many.zip").with("4 GiB"));
    // Several end records.
    sandbox.write("ends.zip", [&whole[..end], &whole[end..].repeat(100)].concat());
    add(&sandbox, "ends.zip").fails(failure(InvalidInput).at("ends.zip"));
    // Settings of 65 MiB that are compressed to 65 kB, with false sizes in the directory.
    let mut bomb = files.clone();
    bomb.insert("config.json".into(), vec![b' '; 65 << 20]);
    let mut bomb = zipped(&bomb, "");
    sandbox.write("bomb.zip", &bomb);
    add(&sandbox, "bomb.zip").fails(failure(Unsupported).at("bomb.zip/config.json").with("64 MiB"));
    let size = (65_u32 << 20).to_le_bytes();
    while let Some(at) = bomb.windows(4).position(|bytes| bytes == size) {
        bomb[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    sandbox.write("bomb.zip", &bomb);
    add(&sandbox, "bomb.zip").fails(failure(Unsupported).at("bomb.zip/config.json"));
    assert!(names(&sandbox).is_empty());
}
