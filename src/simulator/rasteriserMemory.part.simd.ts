/** Where everything of the rasteriser's kernel stands in memory, as bytes from its start. */

/** Bytes of a shape's record, and where each number of it stands: the same order as in rasteriserFrame.ts. */
export const RECORD: usize = 112;
export const CENTRE: usize = 0;
export const AXIS_X: usize = 12;
export const AXIS_Y: usize = 24;
export const AXIS_Z: usize = 36;
export const HALF: usize = 48;
export const LIGHT: usize = 60;
export const KIND: usize = 76;
export const ALBEDO: usize = 80;
export const TOP: usize = 92;
export const RECTANGLE: usize = 96;

export const PLANE: f32 = 0;
export const CAPSULE: f32 = 1;
export const CYLINDER: f32 = 2;
export const BOX: f32 = 3;

/** Cells along each side of the shadow grid. */
export const CELLS: i32 = 48;

/** Records of all shapes. */
export let records: usize = 0;
/** What holds for a whole picture: see `scene` in rasteriser.ts. */
export let scene: usize = 0;
/** Shapes by cell of the shadow grid: those of cell c are items[starts[c]] to items[starts[c + 1]]. */
export let starts: usize = 0;
export let items: usize = 0;

export let width: i32 = 0;
export let height: i32 = 0;
export let shapes: i32 = 0;

/** Rays of pixels' centres: x by column, y by row; and of their quarters', twice as many each way. */
export let raysX: usize = 0;
export let raysY: usize = 0;
export let fineX: usize = 0;
export let fineY: usize = 0;
/** Bytes of a row of pixels, and of quarters; both whole vectors. */
export let rowBytes: usize = 0;
export let fineBytes: usize = 0;

/** What the rays met: depth, side, and the normal's x, y and z, in planes one behind another. */
export let hits: usize = 0;
export let hitsPlane: usize = 0;
export let fineHits: usize = 0;
export let fineHitsPlane: usize = 0;

/** Linear red, green and blue of two rows of quarters, in planes one behind another. */
export let light: usize = 0;
export let lightPlane: usize = 0;
/** What is seen at each pixel, and at two rows of quarters: equal where there is no edge in between. */
export let keys: usize = 0;
export let fineKeys: usize = 0;

/** Columns at edges of the row at hand; shapes around a run of them; in which run each shape was last met. */
export let columns: usize = 0;
export let around: usize = 0;
export let stamps: usize = 0;
/** The picture, rgb24. */
export let picture: usize = 0;

/** Room for four numbers. */
export let scratch: usize = 0;

let end: usize = 0;

/** Lays memory out for pictures of one size, and gives how many bytes are needed: `itemsMax` is the caller's. */
export function lay(pictureWidth: i32, pictureHeight: i32, shapeCount: i32, itemsMax: i32): usize {
  width = pictureWidth;
  height = pictureHeight;
  shapes = shapeCount;
  rowBytes = ((<usize>width + 3) & ~3) << 2;
  fineBytes = rowBytes << 1;
  end = (__heap_base + 15) & ~15;
  records = take(RECORD * <usize>shapes);
  scene = take(128);
  scratch = take(16);
  starts = take((<usize>(CELLS * CELLS) + 2) << 2);
  items = take(<usize>itemsMax << 1);
  raysX = take(rowBytes);
  raysY = take(<usize>height << 2);
  fineX = take(fineBytes);
  fineY = take(<usize>height << 3);
  hitsPlane = rowBytes * <usize>height;
  hits = take(5 * hitsPlane);
  fineHitsPlane = 2 * fineBytes;
  fineHits = take(5 * fineHitsPlane);
  lightPlane = 2 * fineBytes;
  light = take(3 * lightPlane);
  keys = take(hitsPlane);
  fineKeys = take(2 * fineBytes);
  columns = take(<usize>width << 2);
  around = take(<usize>shapes << 2);
  stamps = take(<usize>shapes << 2);
  picture = take(3 * <usize>width * <usize>height);
  return end;
}

function take(bytes: usize): usize {
  const at = end;
  end = (end + bytes + 15) & ~15;
  return at;
}
