import type { Size } from "../../core/batch.ts";
import type { LoadedDataset } from "../dataset.ts";
import type { MirrorMap } from "../numberLane.ts";
import { type DatasetWindows, sizeOf, TASK } from "../windows.ts";
import type { Gr00tConfig } from "./config.ts";
import { gr00tLanes, openGr00t } from "./lanes.ts";

/** The windows of a dataset as a GR00T modality configuration names them. */
export async function gr00tWindows(
  dataset: LoadedDataset,
  config: Gr00tConfig,
  { size, mirrors }: { readonly size: Size | undefined; readonly mirrors: ReadonlyMap<string, MirrorMap> },
): Promise<DatasetWindows> {
  const lanes = gr00tLanes(config, await openGr00t(dataset.root, dataset.features), mirrors);
  const { numbers, dims, normalisation, edges, notes, language } = lanes;
  const pictures = lanes.pictures.map((window) => ({
    ...window,
    size: sizeOf(window.stream, dataset.features[window.stream]!, size),
  }));
  return { pictures, numbers, dims, normalisation, edges, notes, task: language?.stream ?? TASK };
}
