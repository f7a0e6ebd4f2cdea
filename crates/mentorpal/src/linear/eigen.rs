//! The eigenvalues and eigenvectors of a symmetric matrix.

use super::matrix::Matrix;

/// The number of iterations after which an eigenvalue is assumed not to converge. Two are usual.
const ITERATIONS: usize = 30;

/// Returns the eigenvalues, `[n]`, in ascending order, and the orthonormal eigenvectors, `[n, n]`, in
/// columns, of a symmetric matrix. Returns `None` if they do not converge, as with NaN or infinities.
///
/// The matrix is reduced to tridiagonal form by Householder reflections (Golub & Van Loan, *Matrix
/// Computations*, 4th edition, 2013, algorithm 8.3.1), and solved by the implicit QL algorithm
/// (Martin & Wilkinson 1968, *Numerische Mathematik* 12; EISPACK's `imtql2`).
///
/// # Panics
/// If the matrix is not square.
#[must_use]
pub fn symmetric_eigen(matrix: Matrix<f64>) -> Option<(Vec<f64>, Matrix<f64>)> {
    assert_eq!(matrix.rows(), matrix.columns(), "a symmetric matrix is square");
    let (mut values, mut beside, mut vectors) = tridiagonal(matrix);
    implicit_ql(&mut values, &mut beside, &mut vectors)?;
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted = Matrix::from_fn(values.len(), values.len(), |i, j| vectors[(i, order[j])]);
    Some((order.into_iter().map(|i| values[i]).collect(), sorted))
}

/// Returns the diagonal, `[n]`, and the elements beside it, `[n]` with a zero at the end, of the
/// tridiagonal matrix `Qᵀ A Q`, and `Q`, `[n, n]`.
fn tridiagonal(mut matrix: Matrix<f64>) -> (Vec<f64>, Vec<f64>, Matrix<f64>) {
    let n = matrix.rows();
    let mut beside = vec![0.0; n];
    let mut reflections = Vec::new();
    for k in 0..n.saturating_sub(1) {
        let reflection = Reflection::of(&matrix.column(k)[k + 1..]);
        beside[k] = reflection.first;
        reflection.turn_both_sides(&mut matrix, k + 1);
        reflections.push(reflection);
    }
    let diagonal = (0..n).map(|i| matrix[(i, i)]).collect();
    let mut vectors = Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)));
    for (k, reflection) in reflections.iter().enumerate().rev() {
        for column in vectors.numbers_mut().chunks_exact_mut(n).skip(k + 1) {
            reflection.turn(&mut column[k + 1..]);
        }
    }
    (diagonal, beside, vectors)
}

/// The Householder reflection `I − β v vᵀ` that turns a vector to `[first, 0, …, 0]`.
struct Reflection {
    v: Vec<f64>,
    beta: f64,
    first: f64,
}

impl Reflection {
    fn of(x: &[f64]) -> Self {
        let mut v = x.to_vec();
        let below = dot(&v[1..], &v[1..]);
        if below == 0.0 {
            return Self { first: v[0], beta: 0.0, v };
        }
        // The sign avoids the difference of similar numbers.
        let first = -(v[0] * v[0] + below).sqrt().copysign(v[0]);
        v[0] -= first;
        let beta = 2.0 / (v[0] * v[0] + below);
        Self { v, beta, first }
    }

    /// Reflects a vector.
    fn turn(&self, x: &mut [f64]) {
        add(x, -self.beta * dot(&self.v, x), &self.v);
    }

    /// Reflects the rows and columns from `first` on of a symmetric matrix.
    fn turn_both_sides(&self, matrix: &mut Matrix<f64>, first: usize) {
        let n = matrix.rows();
        let mut w: Vec<f64> = (first..n)
            .map(|column| self.beta * dot(&matrix.column(column)[first..], &self.v))
            .collect();
        let half = -0.5 * self.beta * dot(&w, &self.v);
        add(&mut w, half, &self.v);
        let columns = matrix.numbers_mut().chunks_exact_mut(n).skip(first);
        for ((column, v), w_own) in columns.zip(&self.v).zip(&w) {
            add(&mut column[first..], -w_own, &self.v);
            add(&mut column[first..], -v, &w);
        }
    }
}

/// Replaces the diagonal of a tridiagonal matrix by its eigenvalues, and turns the columns of `vectors`
/// accordingly. Returns `None` if they do not converge.
#[allow(clippy::many_single_char_names, reason = "as in the published algorithm")]
fn implicit_ql(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut Matrix<f64>) -> Option<()> {
    let n = diagonal.len();
    let size = |(d, e): (&f64, &f64)| d.abs() + e.abs();
    // Relative to the whole matrix, because neighbours are all rounding errors if the rank is low.
    let negligible = f64::EPSILON * diagonal.iter().zip(&*beside).map(size).fold(0.0, f64::max);
    for l in 0..n {
        let mut iterations = 0;
        loop {
            let m = (l..n - 1).find(|&m| beside[m].abs() <= negligible).unwrap_or(n - 1);
            if m == l {
                break;
            }
            iterations += 1;
            if iterations > ITERATIONS {
                return None;
            }
            let g = (diagonal[l + 1] - diagonal[l]) / (2.0 * beside[l]);
            let shift = beside[l] / (g + g.hypot(1.0).copysign(g));
            let mut g = diagonal[m] - diagonal[l] + shift;
            let (mut sine, mut cosine, mut p) = (1.0, 1.0, 0.0);
            let mut is_split = false;
            for i in (l..m).rev() {
                let (f, b) = (sine * beside[i], cosine * beside[i]);
                let r = f.hypot(g);
                beside[i + 1] = r;
                if r == 0.0 {
                    diagonal[i + 1] -= p;
                    is_split = true;
                    break;
                }
                (sine, cosine) = (f / r, g / r);
                g = diagonal[i + 1] - p;
                let r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
                p = sine * r;
                diagonal[i + 1] = g + p;
                g = cosine * r - b;
                rotate(vectors, i, sine, cosine);
            }
            if !is_split {
                diagonal[l] -= p;
                beside[l] = g;
            }
            beside[m] = 0.0;
        }
    }
    Some(())
}

/// Rotates the columns `i` and `i + 1` in their plane.
fn rotate(vectors: &mut Matrix<f64>, i: usize, sine: f64, cosine: f64) {
    let n = vectors.rows();
    let (a, b) = vectors.numbers_mut()[i * n..][..2 * n].split_at_mut(n);
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds `factor · x` to `y`.
fn add(y: &mut [f64], factor: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}
