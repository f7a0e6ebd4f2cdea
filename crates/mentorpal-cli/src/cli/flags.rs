//! The flags of each verb that settings are resolved from.

use super::{
    AskArgs, CheckpointFlags, CheckpointsArgs, CheckpointsCommand, Command, CompareArgs, TestArgs,
    TrainArgs, TuneArgs, VectorsArgs, VectorsCommand,
};
use mentorpal::config::Flags;

impl Command {
    /// The verb's flags, without `--workspace`.
    #[must_use]
    pub(crate) fn flags(&self) -> Flags {
        match self {
            Self::Train(args) => args.flags(),
            Self::Test(args) => args.flags(),
            Self::Compare(args) => args.flags(),
            Self::Tune(args) => args.flags(),
            Self::Ask(args) => args.flags(),
            Self::Checkpoints(args) => args.flags(),
            Self::Mentors(_)
            | Self::Vectors(_)
            | Self::Init(_)
            | Self::Download(_)
            | Self::Upload(_)
            | Self::Clean(_)
            | Self::New(_)
            | Self::Completions { .. } => Flags::default(),
        }
    }

    /// Whether `--json` was given.
    #[must_use]
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Train(args) => args.json,
            Self::Test(args) => args.json,
            Self::Compare(args) => args.json,
            Self::Tune(args) => args.json,
            Self::Ask(args) => args.json,
            Self::Mentors(args) => args.json,
            Self::Checkpoints(args) => args.is_json(),
            Self::Vectors(args) => args.is_json(),
            Self::Init(args) => args.json,
            Self::Download(args) => args.json,
            Self::Upload(args) => args.json,
            Self::Clean(args) => args.json,
            Self::New(args) => args.json,
            Self::Completions { .. } => false,
        }
    }
}

impl CheckpointFlags {
    fn flags(&self) -> Flags {
        Flags { arch: self.arch.clone(), checkpoint: self.checkpoint.clone(), ..Flags::default() }
    }
}

impl TrainArgs {
    fn flags(&self) -> Flags {
        Flags {
            arch: self.arch.clone(),
            checkpoint: self.checkpoint.clone(),
            mentors: self.mentors.clone(),
            vectors: self.vectors.clone(),
            ..Flags::default()
        }
    }
}

impl TestArgs {
    fn flags(&self) -> Flags {
        Flags {
            mentors: self.mentors.clone(),
            test_set: self.test_set.clone(),
            ..self.checkpoint.flags()
        }
    }
}

impl CompareArgs {
    fn flags(&self) -> Flags {
        Flags {
            arch: self.arch.clone(),
            mentors: self.mentors.clone(),
            test_set: self.test_set.clone(),
            ..Flags::default()
        }
    }
}

impl TuneArgs {
    fn flags(&self) -> Flags {
        Flags { mentors: self.mentors.clone(), ..Flags::default() }
    }
}

impl AskArgs {
    fn flags(&self) -> Flags {
        Flags { mentors: self.mentor.iter().cloned().collect(), ..self.checkpoint.flags() }
    }
}

impl CheckpointsArgs {
    fn flags(&self) -> Flags {
        Flags { arch: self.arch.clone(), ..Flags::default() }
    }

    fn is_json(&self) -> bool {
        match &self.command {
            None => self.json,
            Some(
                CheckpointsCommand::Show { json, .. } | CheckpointsCommand::Verify { json, .. },
            ) => *json,
            Some(CheckpointsCommand::Import(args)) => args.json,
        }
    }
}

impl VectorsArgs {
    fn is_json(&self) -> bool {
        match &self.command {
            VectorsCommand::Add(args) => args.json,
            VectorsCommand::Distill(args) => args.json,
            VectorsCommand::Download(args) => args.json,
            VectorsCommand::Upload(args) => args.json,
            VectorsCommand::List { json }
            | VectorsCommand::Show { json, .. }
            | VectorsCommand::Verify { json, .. } => *json,
        }
    }
}
