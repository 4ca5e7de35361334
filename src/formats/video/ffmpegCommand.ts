import type { Codecs } from "../../core/codecs.ts";
export async function openFfmpegCommand(): Promise<Codecs | undefined> {
  return undefined;
}
