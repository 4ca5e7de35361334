/** How swscale makes pictures of another size or format that are only looked at: fast, and slightly different where there are no vector instructions. */
export const FAST_SCALING = "bilinear";

/**
 * The same for pictures that are encoded: whatever vector instructions there are, the bytes are those of plain arithmetic.
 * By area, since it leaves colours alone where only their coding changes: bilinear smears them over their neighbours.
 */
export const EXACT_SCALING = "area+accurate_rnd+bitexact";
