/** How swscale makes pictures of another size or format that are only looked at: fast, and slightly different where there are no vector instructions. */
export const FAST_SCALING = "bilinear";

/** The same for pictures that are encoded: whatever vector instructions there are, the bytes are those of plain arithmetic. */
export const EXACT_SCALING = "bilinear+accurate_rnd+bitexact";
