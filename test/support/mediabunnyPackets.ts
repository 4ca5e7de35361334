import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from "mediabunny";

/** Every packet of a file's first video track as Mediabunny alone reads it: ticks of the track's timescale, whether it is a key, its bytes. */
export async function mediabunnyPackets(path: string): Promise<{ ticks: number[]; key: number[]; bytes: Buffer }> {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = (await input.getPrimaryVideoTrack())!;
  const timescale = await track.getTimeResolution();
  const ticks: number[] = [];
  const key: number[] = [];
  const pieces: Uint8Array[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    ticks.push(Math.round(packet.timestamp * timescale));
    key.push(packet.type === "key" ? 1 : 0);
    pieces.push(packet.data.slice());
  }
  return { ticks, key, bytes: Buffer.concat(pieces) };
}
