import { TendonError } from "../../core/errors.ts";
import { jointKey } from "../../stages/assemble/jointName.ts";
import type { ROBOTS } from "../../stages/assemble/options.ts";
import { type Preset, readPreset } from "../../stages/assemble/preset.ts";
import type { MirrorMap } from "../numberLane.ts";

/**
 * How a stream's numbers become those of the mirrored robot, by the names of its joints. Every joint must be one of
 * the robot's, its counterpart must be there too, and the robot's file must say what the mirror does to it.
 */
export function mirrorOf(
  robot: (typeof ROBOTS)[number],
  { stream, names }: { readonly stream: string; readonly names: readonly string[] | undefined },
): MirrorMap {
  const place = { stream };
  const preset = readPreset(robot);
  if (!preset.mirror)
    throw new TendonError("bad-pipeline", `cannot be flipped: nothing says how ${robot} moves in the mirror`, { place });
  if (!names)
    throw new TendonError("bad-data", "cannot be flipped: its numbers have no names, so nothing says which joint is which", {
      place,
    });
  const joints = names.map((name) => jointOf(preset, name));
  const from = new Int32Array(names.length);
  const sign = new Float64Array(names.length);
  const wrong: string[] = [];
  for (const [column, joint] of joints.entries()) {
    const known = joint && signOf(preset, joint);
    if (!joint) wrong.push(`${names[column]} is no joint of ${robot}`);
    else if (!known) wrong.push(`nothing says what the mirror does to ${names[column]}`);
    else {
      const other = joints.indexOf(swapSides(joint));
      if (other < 0) wrong.push(`${names[column]} has no counterpart ${swapSides(joint)}`);
      from[column] = other;
      sign[column] = known;
    }
  }
  if (wrong.length > 0) throw new TendonError("bad-pipeline", `cannot be flipped: ${wrong.join("; ")}`, { place });
  return { from, sign };
}

/** The robot's own name of a joint that a dataset names in its way. */
function jointOf(preset: Preset, name: string): string | undefined {
  const key = jointKey(name);
  return preset.groups.flatMap(({ joints }) => joints).find((joint) => preset.keysOf(joint).includes(key));
}

function signOf({ mirror }: Preset, joint: string): 1 | -1 | undefined {
  const plain = joint.replace(/^(left|right)_/, "");
  if (mirror?.same.includes(plain)) return 1;
  return mirror?.negated.includes(plain) ? -1 : undefined;
}

/**
 * Which camera takes the place of which when pictures are flipped: `left_wrist` and `right_wrist` that of each other,
 * others their own. One that names a side but has no counterpart cannot be flipped.
 */
export function mirrorCameras(cameras: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    cameras.map((camera) => {
      const other = swapSides(camera);
      if (cameras.includes(other)) return [camera, other];
      const message = `cannot be flipped: there is no ${other} among the cameras ${cameras.join(", ")} that would take its place`;
      throw new TendonError("bad-pipeline", message, { place: { stream: camera } });
    }),
  );
}

/** An instruction as it is for the mirrored robot: left is right and right is left. */
export function mirrorText(text: string): string {
  return swapSides(text);
}

const SIDES: { readonly [side: string]: string } = {
  left: "right",
  Left: "Right",
  LEFT: "RIGHT",
  right: "left",
  Right: "Left",
  RIGHT: "LEFT",
};

/** Swaps the words left and right, also within names such as `cam_left_wrist` and `camLeftWrist`; `l_` and `r_` too. */
function swapSides(name: string): string {
  return name
    .replace(/(?<![a-z])(left|right)(?![a-z])|(Left|Right)(?![a-z])|(?<![A-Z])(LEFT|RIGHT)(?![A-Z])/g, (side) => SIDES[side]!)
    .replace(/(?<![A-Za-z])[lr](?=_)/g, (side) => (side === "l" ? "r" : "l"));
}
