/** What is done to four numbers at a time, here once under short names. */

/** A number in memory, four times. */
@inline
export function s(at: usize): v128 {
  return v128.load32_splat(at);
}

/** A number, four times. */
@inline
export function f(value: f32): v128 {
  return f32x4.splat(value);
}

/** a × b + c × d + e × f. */
@inline
export function dot(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.mul(a, b), f32x4.mul(c, d)), f32x4.mul(e, f));
}

/** a × b + c, each rounded: the same on every machine. */
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}
