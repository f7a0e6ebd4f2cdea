//! Dense matrices: products, the Cholesky factorisation, and eigenvectors.
//!
//! All results are bit-identical for any number of threads. Each element of a product is a sum in a
//! fixed order, which depends on the number of terms only: not on the other rows and columns, nor on
//! the processor's caches.
//!
//! | file | contents |
//! |---|---|
//! | `number.rs` | the types of numbers and their vector instructions |
//! | `matrix.rs` | matrices, and views of them |
//! | `kernel.rs` | products of blocks that fit the processor's caches |
//! | `multiply.rs` | products of any size, on one thread or several |
//! | `cholesky.rs` | the Cholesky factorisation, solving, the inverse of the factor; products that are or have triangles |
//! | `eigen.rs` | eigenvectors of a symmetric matrix |

mod cholesky;
mod eigen;
mod kernel;
mod matrix;
mod multiply;
mod number;
#[cfg(test)]
mod tests;

pub use self::cholesky::{Cholesky, gram, multiply_by_lower};
pub use self::eigen::symmetric_eigen;
pub use self::matrix::{Matrix, View, ViewMut};
pub use self::multiply::{Accum, Threads, multiply};
pub use self::number::Number;
