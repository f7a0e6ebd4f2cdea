//! Prints the rate of a matrix product in billions of f32 multiplications and additions per second, the
//! best of five runs. `bench/lstm.sh` compares training with this rate.

use std::time::Instant;

use mentorpal::linear::{Accum, Matrix, Threads, multiply};

fn main() {
    const SIZE: usize = 2_000;
    let a = Matrix::<f32>::from_fn(SIZE, SIZE, |i, j| ((i + 2 * j) % 17) as f32);
    let b = Matrix::<f32>::from_fn(SIZE, SIZE, |i, j| ((3 * i + j) % 13) as f32);
    let mut c = Matrix::<f32>::zeros(SIZE, SIZE);
    let rate = |_| {
        let start = Instant::now();
        multiply(c.view_mut(), Accum::Replace, a.view(), b.view(), 1.0, Threads::All);
        2.0 * (SIZE as f64).powi(3) / start.elapsed().as_secs_f64() / 1e9
    };
    println!("{:.1}", (0..5).map(rate).fold(0.0, f64::max));
}
