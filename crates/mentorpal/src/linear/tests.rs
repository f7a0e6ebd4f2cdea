//! Compares with textbook sums, and with what defines each result.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::*;

/// Sizes at the edges of tiles and blocks.
const SIZES: [usize; 12] = [0, 1, 2, 5, 6, 7, 16, 33, 127, 128, 129, 260];

fn random(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Matrix::from_fn(rows, columns, |_, _| random.random_range(-1.0..1.0))
}

fn to_f32(matrix: &Matrix<f64>) -> Matrix<f32> {
    Matrix::from_fn(matrix.rows(), matrix.columns(), |i, j| matrix[(i, j)] as f32)
}

/// Returns `a · b` by the definition.
fn product(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(a.rows(), b.columns(), |i, j| {
        (0..a.columns()).map(|k| a[(i, k)] * b[(k, j)]).sum()
    })
}

fn transposed(matrix: &Matrix<f64>) -> Matrix<f64> {
    matrix.view().transpose().to_matrix()
}

fn lower(matrix: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(
        matrix.rows(),
        matrix.columns(),
        |i, j| {
            if i < j { 0.0 } else { matrix[(i, j)] }
        },
    )
}

fn identity(n: usize) -> Matrix<f64> {
    Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)))
}

/// Returns a well-conditioned positive definite matrix.
fn positive_definite(n: usize, seed: u64) -> Matrix<f64> {
    let root = random(n, n, seed);
    let mut matrix = product(&root, &transposed(&root));
    (0..n).for_each(|i| matrix[(i, i)] += n as f64 / 4.0);
    matrix
}

#[track_caller]
fn assert_near(found: &Matrix<f64>, expected: &Matrix<f64>, tolerance: f64) {
    let sizes = |matrix: &Matrix<f64>| (matrix.rows(), matrix.columns());
    assert_eq!(sizes(found), sizes(expected));
    for i in 0..found.rows() {
        for j in 0..found.columns() {
            let (found, expected) = (found[(i, j)], expected[(i, j)]);
            assert!((found - expected).abs() <= tolerance, "({i}, {j}): {found}, not {expected}");
        }
    }
}

/// Multiplies matrices given in any layout, in f64 and f32, and compares with the definition.
fn check_product(sizes: [usize; 3], by_rows: [bool; 2], accum: Accum, scale: f64) {
    let [m, n, k] = sizes;
    let (a, b, before) = (random(m, k, 1), random(k, n, 2), random(m, n, 3));
    let added = f64::from(u8::from(accum == Accum::Add));
    let sums = product(&a, &b);
    let expected = Matrix::from_fn(m, n, |i, j| scale * sums[(i, j)] + added * before[(i, j)]);
    let stored = |matrix: &Matrix<f64>, by_rows| {
        if by_rows { transposed(matrix) } else { matrix.clone() }
    };
    let (a, b) = (stored(&a, by_rows[0]), stored(&b, by_rows[1]));
    let (a32, b32, mut single) = (to_f32(&a), to_f32(&b), to_f32(&before));
    for threads in [Threads::One, Threads::All] {
        let mut double = before.clone();
        let to = double.view_mut();
        multiply(to, accum, turned(&a, by_rows[0]), turned(&b, by_rows[1]), scale, threads);
        assert_near(&double, &expected, 1e-13 * (k + 1) as f64);
    }
    let (left, right) = (turned(&a32, by_rows[0]), turned(&b32, by_rows[1]));
    multiply(single.view_mut(), accum, left, right, scale as f32, Threads::One);
    let single = Matrix::from_fn(m, n, |i, j| f64::from(single[(i, j)]));
    assert_near(&single, &expected, 1e-6 * (k + 1) as f64);
}

fn turned<T: Number>(matrix: &Matrix<T>, by_rows: bool) -> View<'_, T> {
    if by_rows { matrix.view().transpose() } else { matrix.view() }
}

#[test]
fn products_of_sizes_at_the_edges_of_blocks_agree_with_the_definition() {
    for size in SIZES {
        for layout in [[false, false], [true, false], [false, true], [true, true]] {
            check_product([size, 7, 9], layout, Accum::Replace, 1.0);
            check_product([18, size, 3], layout, Accum::Add, -1.0);
            check_product([17, 13, size], layout, Accum::Replace, 0.5);
        }
    }
    // More columns than a block has.
    check_product([3, 2_050, 2], [false, false], Accum::Replace, 1.0);
    check_product([300, 20, 600], [false, true], Accum::Add, 2.0);
}

proptest! {
    #[test]
    fn products_agree_with_the_definition(
        sizes in [0..70_usize, 0..70, 0..70],
        by_rows: [bool; 2],
        add: bool,
        scale in -2.0..2.0,
    ) {
        let accum = if add { Accum::Add } else { Accum::Replace };
        check_product(sizes, by_rows, accum, scale);
    }

    #[test]
    fn eigenvectors_satisfy_their_definition(n in 0..30_usize, seed: u64) {
        let root = random(n, n, seed);
        check_eigen(&Matrix::from_fn(n, n, |i, j| root[(i, j)] + root[(j, i)]));
    }
}

// The vector of a text must not depend on the other texts that are encoded with it.
#[test]
fn an_element_does_not_depend_on_the_other_rows_and_columns() {
    let (a, b) = (to_f32(&random(150, 300, 1)), to_f32(&random(300, 70, 2)));
    let mut whole = Matrix::zeros(150, 70);
    multiply(whole.view_mut(), Accum::Replace, a.view(), b.view(), 1.0, Threads::One);
    let by_rows = a.view().transpose().to_matrix();
    for (rows, columns) in
        [(0..150, 0..1), (3..150, 4..70), (149..150, 69..70), (16..48, 1..13), (7..9, 0..70)]
    {
        for left in [a.view(), by_rows.view().transpose()] {
            let mut part = Matrix::zeros(rows.len(), columns.len());
            let left = left.block(rows.clone(), 0..300);
            let right = b.view().block(0..300, columns.clone());
            multiply(part.view_mut(), Accum::Replace, left, right, 1.0, Threads::All);
            let expected = whole.view().block(rows.clone(), columns.clone()).to_matrix();
            assert_eq!(part, expected, "{rows:?} {columns:?}");
        }
    }
}

#[test]
fn a_product_can_be_written_between_other_numbers() {
    let (a, b) = (random(2, 3, 1), random(3, 2, 2));
    let expected = product(&a, &b);
    let mut numbers = [9.0; 8];
    let to = ViewMut::by_columns(&mut numbers[1..], 2, 2, 4);
    multiply(to, Accum::Replace, a.view(), b.view(), 1.0, Threads::One);
    let found = Matrix::from_fn(2, 2, |i, j| numbers[1 + 4 * j + i]);
    assert_near(&found, &expected, 1e-15);
    assert_eq!([0, 3, 4, 7].map(|i| numbers[i]), [9.0; 4]);
}

#[test]
#[should_panic(expected = "the factors do not fit each other")]
fn factors_of_different_sizes_are_refused() {
    let (a, b) = (Matrix::<f32>::zeros(2, 3), Matrix::zeros(2, 2));
    let mut out = Matrix::zeros(2, 2);
    multiply(out.view_mut(), Accum::Replace, a.view(), b.view(), 1.0, Threads::One);
}

#[test]
#[should_panic(expected = "a matrix of 2 × 3")]
fn overlapping_columns_are_refused() {
    ViewMut::by_columns(&mut [0.0_f32; 8], 2, 3, 1);
}

// By hand: [2 0; 1 2] · [2 1; 0 2] = [4 2; 2 5]. The element above the diagonal is not read.
#[test]
fn a_small_factor_agrees_with_a_calculation_by_hand() {
    let matrix = Matrix::from_fn(2, 2, |i, j| [[4.0, f64::NAN], [2.0, 5.0]][i][j]);
    let cholesky = Cholesky::of(matrix).unwrap();
    let factor = lower(&cholesky.factor().to_matrix());
    assert_near(&factor, &Matrix::from_fn(2, 2, |i, j| [[2.0, 0.0], [1.0, 2.0]][i][j]), 1e-15);
    let mut right = Matrix::from_fn(2, 1, |i, _| [8.0, 20.0][i]);
    cholesky.solve(&mut right);
    // 4 · 0 + 2 · 4 = 8, 2 · 0 + 5 · 4 = 20.
    assert_near(&right, &Matrix::from_fn(2, 1, |i, _| [0.0, 4.0][i]), 1e-14);
}

#[test]
fn factors_solutions_and_inverses_satisfy_their_definitions() {
    for n in [0, 1, 2, 3, 127, 128, 129, 255, 256, 257] {
        let matrix = positive_definite(n, n as u64);
        let cholesky = Cholesky::of(lower(&matrix)).unwrap();
        let factor = lower(&cholesky.factor().to_matrix());
        assert_near(&product(&factor, &transposed(&factor)), &matrix, 1e-11);

        let inverse = cholesky.inverse_factor();
        assert_eq!(inverse, lower(&inverse));
        assert_near(&product(&inverse, &factor), &identity(n), 1e-12);

        let right = random(n, 5, 9);
        let mut solved = right.clone();
        cholesky.solve(&mut solved);
        assert_near(&product(&matrix, &solved), &right, 1e-12);
        let mut solved = right.clone();
        cholesky.solve_factor(&mut solved);
        assert_near(&product(&factor, &solved), &right, 1e-12);
        cholesky.solve(&mut Matrix::zeros(n, 0));
    }
}

#[test]
fn a_matrix_that_is_not_positive_definite_has_no_factor() {
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for (n, at) in [(1, 0), (2, 1), (200, 0), (200, 150), (200, 199)] {
            let mut matrix = identity(n);
            matrix[(at, at)] = wrong;
            assert!(Cholesky::of(matrix).is_none(), "{wrong} at {at} of {n}");
        }
    }
    let indefinite = Matrix::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 2.0 });
    assert!(Cholesky::of(indefinite).is_none());
}

#[test]
fn products_with_triangles_agree_with_the_definition() {
    for n in SIZES.into_iter().chain([513]) {
        let a = random(n, 11, 1);
        let expected = lower(&product(&a, &transposed(&a)));
        assert_near(&lower(&gram(a.view())), &expected, 1e-13);
        assert_near(&lower(&gram(transposed(&a).view().transpose())), &expected, 1e-13);
        let (left, triangle) = (random(3, n, 2), lower(&random(n, n, 4)));
        let found = multiply_by_lower(left.view(), &triangle);
        assert_near(&found, &product(&left, &triangle), 1e-12);
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let matrix = to_f32(&positive_definite(300, 5));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let cholesky = Cholesky::of(matrix.clone()).unwrap();
            let mut solved = matrix.clone();
            cholesky.solve(&mut solved);
            let inverse = cholesky.inverse_factor();
            let product = multiply_by_lower(matrix.view(), &inverse);
            (cholesky.factor().to_matrix(), solved, inverse, product, gram(matrix.view()))
        })
    };
    let one = run(1);
    assert_eq!(run(2), one);
    assert_eq!(run(7), one);
}

/// Checks that `A v = λ v`, that the vectors are orthonormal, and that the values ascend.
#[track_caller]
fn check_eigen(matrix: &Matrix<f64>) {
    let n = matrix.rows();
    let (values, vectors) = symmetric_eigen(matrix.clone()).unwrap();
    let scaled = Matrix::from_fn(n, n, |i, j| vectors[(i, j)] * values[j]);
    let tolerance = 1e-13 * (n + 1) as f64;
    assert_near(&product(matrix, &vectors), &scaled, tolerance);
    assert_near(&product(&transposed(&vectors), &vectors), &identity(n), tolerance);
    assert!(values.is_sorted(), "{values:?}");
}

#[test]
fn eigenvalues_agree_with_a_calculation_by_hand() {
    // [2 1; 1 2] has the eigenvalues 1 and 3.
    let (values, _) =
        symmetric_eigen(Matrix::from_fn(2, 2, |i, j| [[2.0, 1.0], [1.0, 2.0]][i][j])).unwrap();
    assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15, "{values:?}");
    // 2 on the diagonal and −1 beside it: 2 − 2 cos(kπ / (n + 1)).
    let n = 150;
    let matrix = Matrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    check_eigen(&matrix);
    for (k, value) in symmetric_eigen(matrix).unwrap().0.into_iter().enumerate() {
        let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
        assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13, "{k}: {value}");
    }
}

#[test]
fn equal_eigenvalues_have_orthonormal_vectors() {
    check_eigen(&identity(20));
    check_eigen(&Matrix::zeros(20, 20));
    let a = random(40, 3, 1);
    check_eigen(&product(&a, &transposed(&a)));
}

#[test]
fn eigenvalues_of_no_numbers_do_not_converge() {
    for wrong in [f64::NAN, f64::INFINITY] {
        let matrix = Matrix::from_fn(3, 3, |i, j| if i == 1 && j == 1 { wrong } else { 1.0 });
        assert!(symmetric_eigen(matrix).is_none(), "{wrong}");
    }
    assert!(symmetric_eigen(Matrix::from_fn(1, 1, |_, _| f64::NAN)).is_none());
}
