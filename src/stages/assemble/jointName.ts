/**
 * What is left of a joint's name when the habits of different programs are taken off it:
 * `kLeftElbow`, `left_elbow`, `left_elbow_joint` and `left_elbow.pos` are one joint.
 */
export function jointKey(name: string): string {
  const side = name
    .replace(/^k(?=[A-Z])/, "")
    .replace(/^([lr])[_.-]/i, (_, letter: string) => (/l/i.test(letter) ? "left" : "right"));
  const plain = side.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return plain.replace(/(?<=.)(joint|pos)$/, "");
}
