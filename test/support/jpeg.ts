/** Encodes pictures as JPEG with the optional package node-av; undefined where it is not installed. */
export interface JpegEncoder extends AsyncDisposable {
  /** One picture: a moving gradient, so that no two are alike. */
  picture(index: number): Uint8Array;
}

export async function openJpegEncoder(size: {
  readonly width: number;
  readonly height: number;
}): Promise<JpegEncoder | undefined> {
  const av = await import("node-av").catch(() => undefined);
  const codec = av?.Codec.findEncoderByName("mjpeg" as never);
  if (!av || !codec) return undefined;
  const context = new av.CodecContext();
  context.allocContext3(codec);
  context.width = size.width;
  context.height = size.height;
  context.pixelFormat = av.AV_PIX_FMT_YUVJ420P;
  context.colorRange = av.AVCOL_RANGE_JPEG;
  context.timeBase = new av.Rational(1, 30);
  context.threadCount = 1;
  context.setFlags(av.AV_CODEC_FLAG_BITEXACT);
  av.FFmpegError.throwIfError(await context.open2(codec, null), "mjpeg");
  const [frame, packet] = [new av.Frame(), new av.Packet()];
  frame.alloc();
  packet.alloc();
  frame.width = size.width;
  frame.height = size.height;
  frame.format = av.AV_PIX_FMT_YUVJ420P;
  frame.getBuffer(0);
  let count = 0n;
  return {
    picture(index) {
      frame.makeWritable();
      frame.fromBuffer(gradient(size, index));
      frame.pts = count++;
      av.FFmpegError.throwIfError(context.sendFrameSync(frame), "mjpeg");
      av.FFmpegError.throwIfError(context.receivePacketSync(packet), "mjpeg");
      const jpeg = Uint8Array.from(packet.data!);
      packet.unref();
      return jpeg;
    },
    async [Symbol.asyncDispose]() {
      packet.free();
      frame.free();
      context.freeContext();
    },
  };
}

/** yuv420p: brightness grows across the picture and shifts from one to the next. */
function gradient({ width, height }: { readonly width: number; readonly height: number }, index: number): Buffer {
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  const pixels = Buffer.alloc(width * height + 2 * chroma, 128);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) pixels[row * width + column] = (column * 2 + row + index * 8) % 256;
  }
  return pixels;
}
