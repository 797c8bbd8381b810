//! The one list of tasks. Preparing, naming and answering walk it.

use fewshop_core::Prediction;

use super::{Examples, Task, attributes, offers};
use crate::error::PackError;
use crate::pack::Pack;

/// Why a task gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// This program knows no such task.
    #[error("there is no task '{task}': this program knows {known}")]
    Unknown {
        /// The name that was asked for.
        task: String,
        /// The names of all tasks.
        known: String,
    },
    /// The pack holds nothing of it.
    #[error("the pack does not hold the task '{task}': fit it with `fewshop task fit {task}`")]
    NotInPack {
        /// The task.
        task: &'static str,
    },
    /// The pack holds weights that the task cannot read.
    #[error("the task '{task}' cannot be read from the pack: {problem}")]
    Unreadable {
        /// The task.
        task: &'static str,
        /// What is wrong.
        problem: PackError,
    },
    /// A row past the catalogue's end.
    #[error(
        "item row {row} is not in the catalogue of {items}: rows count from 0 and belong to one pack"
    )]
    UnknownItem {
        /// The row.
        row: u32,
        /// Products in the catalogue.
        items: usize,
    },
}

/// A task of one pack: missing, unreadable, or ready.
pub(super) type Prepared<T> = Result<Option<T>, PackError>;

/// The answer of one task.
pub(super) fn answer<T: Task>(
    prepared: &Prepared<T>,
    pack: &Pack,
    examples: Examples<'_>,
    max: usize,
) -> Result<Vec<Prediction>, TaskError> {
    match prepared {
        Ok(Some(task)) => Ok(task.answer(pack, examples, max)),
        Ok(None) => Err(TaskError::NotInPack { task: T::NAME }),
        Err(problem) => Err(TaskError::Unreadable {
            task: T::NAME,
            problem: problem.clone(),
        }),
    }
}

/// Defines a list of tasks. A macro and not a list of trait objects: code that names a task, such as
/// the storefront's, gets its own type back.
macro_rules! tasks {
    ($list:ident { $($name:ident: $task:ty,)+ }) => {
        /// All tasks of a pack.
        #[derive(Debug)]
        pub(crate) struct $list {
            $(pub(crate) $name: $crate::tasks::list::Prepared<$task>,)+
        }

        impl $list {
            /// Names of all tasks that this program knows.
            const NAMES: &'static [&'static str] =
                &[$(<$task as $crate::tasks::Task>::NAME),+];

            /// Prepares all of them.
            pub(crate) fn of(pack: &$crate::pack::Pack) -> Self {
                Self { $($name: <$task as $crate::tasks::Task>::prepare(pack),)+ }
            }

            /// Names of the tasks that the pack holds.
            pub(crate) fn names(&self) -> Vec<&'static str> {
                let is_there = [$(!matches!(self.$name, Ok(None))),+];
                let all = Self::NAMES.iter().copied().zip(is_there);
                all.filter(|&(_, is_there)| is_there).map(|(name, _)| name).collect()
            }

            /// The answer of the task of that name.
            pub(crate) fn answer(
                &self,
                pack: &$crate::pack::Pack,
                task: &str,
                examples: $crate::tasks::Examples<'_>,
                max: usize,
            ) -> Result<Vec<fewshop_core::Prediction>, $crate::tasks::TaskError> {
                $(if task == <$task as $crate::tasks::Task>::NAME {
                    return $crate::tasks::list::answer(&self.$name, pack, examples, max);
                })+
                Err($crate::tasks::TaskError::Unknown {
                    task: task.to_owned(),
                    known: Self::NAMES.join(", "),
                })
            }
        }
    };
}
#[cfg(test)]
pub(super) use tasks;

tasks!(PreparedTasks {
    attributes: attributes::Attributes,
    offers: offers::Offers,
});
