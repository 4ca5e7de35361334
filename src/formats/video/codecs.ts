import type { Codecs } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import { openFfmpegCommand } from "./ffmpegCommand.ts";
import { openNodeAv } from "./nodeAv.ts";

export { defaultEncoding } from "./encoderOptions.ts";

/** Where pictures are decoded and encoded. */
export interface CodecsOptions {
  /** `auto`: in this process by `node-av` where it is installed, else by the `ffmpeg` command. */
  readonly backend?: "auto" | "node-av" | "ffmpeg";
}

/** What decodes and encodes on this machine. Throws `missing-tool` where nothing does. */
export async function openCodecs({ backend = "auto" }: CodecsOptions = {}): Promise<Codecs> {
  const codecs =
    (backend === "ffmpeg" ? undefined : await openNodeAv()) ?? (backend === "node-av" ? undefined : await openFfmpegCommand());
  if (codecs) return codecs;
  const install = {
    "node-av": "the package node-av (npm install node-av)",
    ffmpeg: "the ffmpeg command (apt install ffmpeg)",
    auto: "the package node-av (npm install node-av) or the ffmpeg command (apt install ffmpeg)",
  };
  throw new TendonError(
    "missing-tool",
    `pictures can be decoded and encoded only with ${install[backend]}: install it and run again`,
  );
}
