import { expect, test } from "vitest";
import { absolutePose, relativePose } from "./pose.ts";

/** By SciPy 1.17.1 (`scipy.spatial.transform.Rotation`): inverse(state) · pose, rounded to 12 digits. */
const TRUTH = [
  {
    format: "xyz+rotvec",
    pose: [-0.454670785172, -0.991646554996, 0.060143602597, 0.002049789433, 0.497796020385, -0.456792541821],
    state: [0.35688700816, 0.105414248998, -0.930468044708, 0.782653227056, -0.287436679593, -0.36234230603],
    relative: [-0.154410873289, -0.165440349948, 1.671007680466, -0.903742191884, 0.55930784182, -0.270682044983],
  },
  {
    format: "xyz+rot6d",
    pose: [
      -0.029251822463, 0.695303194458, -1.344214547285, -0.45761576104, -1.901222739801, -1.289537739785, -1.841735037792,
      -0.235091131075, -1.267446481444,
    ],
    state: [
      0.271264358822, 0.156751086624, -0.18693094463, -2.516759710821, -0.538692895847, -0.048500945401, 0.113308986003,
      -1.530135765505, -0.477753276034,
    ],
    relative: [
      0.352657147515, -0.098171212363, -1.259225569313, 0.037028827214, 0.897294634119, 0.439876352554, 0.695993543806,
      -0.3390218589, 0.632974854294,
    ],
  },
  {
    format: "xyz+rotvec",
    pose: [-0.032521704946, 0.884389867383, -0.583600432743, -0.655680953302, -0.541981433071, 0.710881408791],
    state: [0.076140230377, 1.358823421742, -1.547144678128, -1.674327419893, 1.655773642682, 0.956040372816],
    relative: [-0.515909212972, 0.204703219666, -0.925876018878, 0.354224892058, -1.778596967198, -1.414949678385],
  },
  {
    format: "xyz+rot6d",
    pose: [
      0.859382688022, 0.119354025697, -0.641470394107, 2.000416546342, 0.762259712085, -1.199288902105, 0.074516228771,
      0.57668958367, -0.188782125351,
    ],
    state: [
      0.682910267195, -0.066517320149, 0.667247560834, 1.438522591656, -0.675662251006, 0.20313861039, -0.463307576538,
      0.127268411226, -1.18719452785,
    ],
    relative: [
      -0.391906391391, -1.272943020558, -0.06677428326, 0.888080377542, 0.45484415962, -0.066558496709, 0.092909283247,
      -0.03579942197, 0.995030786696,
    ],
  },
] as const;

test.each(TRUTH)(
  "$format: a pose told in the frame of another, as SciPy has it, and back",
  ({ format, pose, state, relative }) => {
    const told = Float64Array.from(pose);
    const frame = Float64Array.from(state);
    relativePose(told, frame, format);
    for (const [index, value] of relative.entries()) expect(told[index]).toBeCloseTo(value, 10);
    absolutePose(told, frame, format);
    // Rows come back upright; a pose that is told once more is the same.
    const again = Float64Array.from(told);
    relativePose(again, frame, format);
    for (const [index, value] of relative.entries()) expect(again[index]).toBeCloseTo(value, 10);
    if (format === "xyz+rotvec") for (const [index, value] of pose.entries()) expect(told[index]).toBeCloseTo(value, 10);
  },
);

test("no turn, a very small one and half a turn", () => {
  const still = Float64Array.of(1, 2, 3, 0, 0, 0);
  for (const vector of [
    [0, 0, 0],
    [1e-9, -2e-9, 0],
    [Math.PI, 0, 0],
    [0, -Math.PI / Math.SQRT2, Math.PI / Math.SQRT2],
  ]) {
    const pose = Float64Array.of(0, 0, 0, ...vector);
    relativePose(pose, still, "xyz+rotvec");
    // Half a turn one way is half a turn the other way.
    const sign = vector[1]! < -1 && pose[4]! > 0 ? -1 : 1;
    for (const [axis, value] of vector.entries()) expect(sign * pose[3 + axis]!).toBeCloseTo(value, 12);
    expect([...pose.subarray(0, 3)]).toEqual([-1, -2, -3]);
  }
});
