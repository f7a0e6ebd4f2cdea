//! `mentorpal vectors`: adds, downloads, lists, shows and verifies vector models.

use std::path::Path;

use serde_json::{Value, json};

use super::bar::Bar;
use super::console::{self, BOLD, GOOD, bytes, lines, table};
use super::{ExitStatus, listed, sharing};
use crate::cli::{
    VectorsAddArgs, VectorsArgs, VectorsCommand, VectorsDistillArgs, VectorsDownloadArgs,
};
use mentorpal::cleaning::remove_stale_drafts;
use mentorpal::config::Settings;
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::publish::MANIFEST_FILE;
use mentorpal::text::format::{count, quoted_list};
use mentorpal::vectors::{
    self, Added, DistillOptions, DistillRequest, DownloadRequest, HubSettings, ModelId, ModelKind,
    Network, Pooling, Request, VectorModel, VectorModelManifest,
};
use mentorpal::workspace::VectorModelName;

/// The number of nearest words that are shown.
const NEAREST: usize = 10;

pub(super) fn run(settings: &Settings, args: &VectorsArgs) -> Result<ExitStatus> {
    match &args.command {
        VectorsCommand::Add(args) => add(settings, args),
        VectorsCommand::Distill(args) => distill(settings, args),
        VectorsCommand::List { json } => list(settings, *json),
        VectorsCommand::Show { name, like, json } => {
            show(settings, &model_name(name)?, like.as_deref(), *json)
        }
        VectorsCommand::Verify { name, json } => verify(settings, name.as_deref(), *json),
        VectorsCommand::Download(args) => match &args.model {
            None => sharing::download_all_vectors(settings, args),
            Some(model) => match sharing::download_vectors(settings, model, args)? {
                Some(outcome) => Ok(outcome),
                None => download(settings, &model.parse()?, args),
            },
        },
        VectorsCommand::Upload(args) => sharing::upload_vectors(settings, args),
    }
}

fn model_name(name: &str) -> Result<VectorModelName> {
    VectorModelName::new(name)
}

fn add(settings: &Settings, args: &VectorsAddArgs) -> Result<ExitStatus> {
    let request = Request {
        path: args.path.clone(),
        name: args.name.as_deref().map(model_name).transpose()?,
        licence: args.licence.clone(),
        overwrite: args.overwrite,
    };
    let label = format!("{}: ", args.path.display());
    remove_stale_drafts(&settings.workspace);
    let added = vectors::add(&settings.workspace, &request, &Bar::new(label))?;
    show_added(&added, args.json)
}

fn download(
    settings: &Settings,
    model: &ModelId,
    args: &VectorsDownloadArgs,
) -> Result<ExitStatus> {
    let request = DownloadRequest {
        model: model.clone(),
        name: args.name.as_deref().map(model_name).transpose()?,
        licence: args.licence.clone(),
        overwrite: args.overwrite,
    };
    let (hub, bar) = (HubSettings::resolve_here()?, Bar::new(format!("{model}: ")));
    remove_stale_drafts(&settings.workspace);
    let added = vectors::download(&settings.workspace, &hub, &request, &bar)?;
    if !added.unverified.is_empty() {
        console::warn(format_args!(
            "the server provides no hash of {}, so the download could not be verified; compare the \
             SHA-256 in {} with the publisher's",
            quoted_list(&added.unverified),
            added.folder.join(MANIFEST_FILE).display()
        ));
    }
    show_added(&added, args.json)
}

fn distill(settings: &Settings, args: &VectorsDistillArgs) -> Result<ExitStatus> {
    let request = DistillRequest {
        encoder: args.encoder.clone(),
        name: args.name.as_deref().map(model_name).transpose()?,
        licence: args.licence.clone(),
        overwrite: args.overwrite,
        options: DistillOptions { dims: args.dims, seed: args.seed, ..DistillOptions::default() },
    };
    let label = format!("{}: ", args.encoder);
    remove_stale_drafts(&settings.workspace);
    let added = vectors::add_distilled(&settings.workspace, &request, &Bar::new(label))?;
    show_added(&added, args.json)
}

fn show_added(added: &Added, as_json: bool) -> Result<ExitStatus> {
    if as_json {
        let mut described = described(&added.name, &added.manifest, Some(&added.folder));
        if !added.unverified.is_empty() {
            described["unverified"] = json!(added.unverified);
        }
        console::json(&described)?;
    } else {
        let (manifest, folder) = (&added.manifest, added.folder.display());
        let (format, content) = (&manifest.source.format, content(manifest));
        console::line(format_args!("added {} ({format}, {content}) in {folder}", added.name))?;
    }
    Ok(ExitStatus::Success)
}

/// The number of words or tokens, and the dimensions.
fn content(manifest: &VectorModelManifest) -> String {
    let dims = manifest.dims;
    match (manifest.kind, manifest.words) {
        (ModelKind::Words, Some(words)) => format!("{words} words, {dims} dimensions"),
        (ModelKind::Static, Some(tokens)) => format!("{tokens} tokens, {dims} dimensions"),
        _ => format!("sentences, {dims} dimensions"),
    }
}

/// The JSON object of a vector model.
fn described(
    name: &VectorModelName,
    manifest: &VectorModelManifest,
    folder: Option<&Path>,
) -> Value {
    json!({
        "name": name.as_str(),
        "kind": manifest.kind,
        "dims": manifest.dims,
        "sha256": manifest.digest(),
        "path": folder.map(console::path),
    })
}

fn list(settings: &Settings, as_json: bool) -> Result<ExitStatus> {
    let models = vectors::list(&settings.workspace)?;
    if models.is_empty() {
        console::note(
            "only the embedded vector model exists; add others with `mentorpal vectors add PATH`",
        );
    }
    let mut table = table(["vector model", "kind", "dims", "words", "size"], &[2, 3, 4]);
    let embedded = (vectors::embedded_name(), vectors::embedded_manifest(), None);
    let added = models.into_iter().map(|model| {
        model.map(|Added { name, manifest, folder, .. }| (name, manifest, Some(folder)))
    });
    let mut unreadable = 0;
    for model in added.chain([Ok(embedded)]) {
        let (name, manifest, folder) = match model {
            Ok(model) => model,
            Err(error) => {
                console::error(&error);
                unreadable += 1;
                continue;
            }
        };
        if as_json {
            console::json(&described(&name, &manifest, folder.as_deref()))?;
        } else {
            table.add_row([
                name.to_string(),
                manifest.kind.to_string(),
                manifest.dims.to_string(),
                manifest.words.map(|words| words.to_string()).unwrap_or_default(),
                bytes(manifest.size()),
            ]);
        }
    }
    if !as_json {
        console::line(lines(&table))?;
    }
    listed(unreadable, "vector model")
}

fn note_none() {
    console::note("no vector models yet; add a vector model with `mentorpal vectors add PATH`");
}

fn show(
    settings: &Settings,
    name: &VectorModelName,
    like: Option<&str>,
    as_json: bool,
) -> Result<ExitStatus> {
    let manifest = vectors::manifest(&settings.workspace, name)?;
    if manifest.kind == ModelKind::Encoder && like.is_none() {
        let network = vectors::network(&settings.workspace, name)?;
        if as_json {
            let shown = json!({ "name": name.as_str(), "manifest": manifest, "network": network });
            console::json(&shown)?;
        } else {
            facts(name, &manifest, Some(network))?;
        }
        return Ok(ExitStatus::Success);
    }
    let nearest = if let Some(word) = like {
        vectors::nearest(&settings.workspace, name, word, NEAREST)?.ok_or_else(|| {
            Error::new(format!(
                "vector model `{name}` does not contain the word `{}`",
                word.escape_debug()
            ))
            .with_kind(ErrorKind::NotFound)
            .hint("try the word in lower case; most models contain only lower-case words")
        })?
    } else {
        // Fails if the model cannot be used.
        VectorModel::open(&settings.workspace, name)?;
        Vec::new()
    };
    if as_json {
        let word = |(word, cosine): &(String, f32)| json!({ "word": word, "cosine": cosine });
        let mut shown = json!({ "name": name.as_str(), "manifest": manifest });
        if let Some(like) = like {
            shown["like"] = json!(like);
            shown["nearest"] = nearest.iter().map(word).collect();
        }
        console::json(&shown)?;
        return Ok(ExitStatus::Success);
    }
    facts(name, &manifest, None)?;
    if !nearest.is_empty() {
        let mut table = table(["nearest", "cosine"], &[1]);
        for (word, cosine) in &nearest {
            table.add_row([word.escape_debug().to_string(), format!("{cosine:.3}")]);
        }
        console::line(lines(&table))?;
    }
    Ok(ExitStatus::Success)
}

fn facts(
    name: &VectorModelName,
    manifest: &VectorModelManifest,
    network: Option<Network>,
) -> Result<()> {
    let source = &manifest.source;
    console::line(format_args!("{BOLD}{name}{BOLD:#}"))?;
    console::line(content(manifest))?;
    if let Some(Network { layers, heads, pooling, unit_length, max_tokens, .. }) = network {
        let pooling = match pooling {
            Pooling::Mean => "the mean of its token vectors",
            Pooling::Cls => "the vector of its first token",
        };
        let length = if unit_length { ", normalized to unit length" } else { "" };
        let (layers, heads) = (count(layers, "layer"), count(heads, "head"));
        console::line(format_args!("a network of {layers} with {heads} each"))?;
        console::line(format_args!("the vector of a sentence is {pooling}{length}"))?;
        console::line(format_args!("longest text: {max_tokens} tokens"))?;
    }
    let file = source.file.escape_debug();
    console::line(format_args!("from {file} ({}), SHA-256 {}", source.format, source.sha256))?;
    let licence = manifest.licence.as_deref().unwrap_or("not recorded");
    console::line(format_args!("licence: {}", licence.escape_debug()))
}

fn verify(settings: &Settings, name: Option<&str>, as_json: bool) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let names = match name {
        Some(name) => vec![model_name(name)?],
        None => vectors::names(workspace)?,
    };
    if names.is_empty() {
        note_none();
    }
    let mut outcome = ExitStatus::Success;
    for name in names {
        let fault = match vectors::verify(workspace, &name) {
            Ok(fault) => {
                if let Some(fault) = &fault {
                    console::warn(format_args!("{name}: {fault}"));
                }
                fault
            }
            // A mistyped name is a usage error, not a damaged model.
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
            Err(error) => {
                console::error(&error);
                Some(error.reason())
            }
        };
        if fault.is_some() {
            outcome = ExitStatus::Negative;
        }
        if as_json {
            console::json(&json!({ "name": name.as_str(), "fault": fault }))?;
        } else if fault.is_none() {
            console::line(format_args!("{name}: {GOOD}valid{GOOD:#}"))?;
        }
    }
    Ok(outcome)
}
