import { spawn } from "node:child_process";
import type { Codecs } from "../../core/codecs.ts";
import { FfmpegDecoder } from "./ffmpegDecoder.ts";
import { FfmpegEncoder } from "./ffmpegEncoder.ts";

/** The `ffmpeg` command (5.1 or newer), one process a decoder or encoder; undefined where there is none. */
export async function openFfmpegCommand(): Promise<Codecs | undefined> {
  if (!(await isInstalled())) return undefined;
  return {
    decoder: async (config, wants) => new FfmpegDecoder(config, wants),
    encoder: async (encoding, size, rateHz) => new FfmpegEncoder({ encoding, size, rateHz }),
  };
}

async function isInstalled(): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("ffmpeg", ["-version"], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}
