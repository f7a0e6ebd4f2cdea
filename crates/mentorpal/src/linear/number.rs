//! The types of numbers that matrices hold, and their vector instructions.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use bytemuck::Pod;
use pulp::Simd;

/// Only this module implements [`Number`].
pub trait Sealed {}

impl Sealed for f32 {}
impl Sealed for f64 {}

/// A floating-point number: `f32` or `f64`.
pub trait Number:
    Pod
    + Debug
    + PartialOrd
    + Send
    + Sync
    + Sealed
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// A vector register of numbers.
    type Lanes<S: Simd>: Pod;

    /// Returns the square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Returns whether the number is neither NaN nor infinite.
    fn is_finite(self) -> bool;

    /// Returns `x` in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Lanes<S>;

    /// Returns `a + b`, lane by lane.
    fn add_lanes<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;

    /// Returns `a · b`, lane by lane.
    fn mul_lanes<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;

    /// Returns `a · b + c`, lane by lane, rounded once if the instruction set can.
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Lanes<S>,
        b: Self::Lanes<S>,
        c: Self::Lanes<S>,
    ) -> Self::Lanes<S>;
}

macro_rules! number {
    ($number:ty, $lanes:ident, $splat:ident, $add:ident, $mul:ident, $fma:ident) => {
        #[allow(clippy::inline_always, reason = "a vector instruction must not become a call")]
        impl Number for $number {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            type Lanes<S: Simd> = S::$lanes;

            fn sqrt(self) -> Self {
                self.sqrt()
            }

            fn is_finite(self) -> bool {
                self.is_finite()
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$lanes {
                simd.$splat(x)
            }

            #[inline(always)]
            fn add_lanes<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn mul_lanes<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
                simd.$mul(a, b)
            }

            #[inline(always)]
            fn mul_add<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes, c: S::$lanes) -> S::$lanes {
                simd.$fma(a, b, c)
            }
        }
    };
}

number!(f32, f32s, splat_f32s, add_f32s, mul_f32s, mul_add_e_f32s);
number!(f64, f64s, splat_f64s, add_f64s, mul_f64s, mul_add_e_f64s);
