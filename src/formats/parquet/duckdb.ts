import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from "@duckdb/node-api";

/** Connections kept open between reads: a stream holds its connection until it ends. */
const IDLE_MAX = 8;
let instance: Promise<DuckDBInstance> | undefined;
const idle: DuckDBConnection[] = [];

/**
 * Runs one query and hands over its chunks as they are made. One in-memory database serves a whole
 * worker, with one thread (parallelism comes from many episodes), no extensions and no network.
 */
export async function* queryChunks(
  sql: string,
  values: string[],
): AsyncGenerator<NonNullable<Awaited<ReturnType<DuckDBResult["fetchChunk"]>>>> {
  yield* queried(sql, values, async function* (result) {
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  });
}

/** The rows of one query as plain objects, some at a time: for tables of metadata. */
export async function* queryObjects(sql: string, values: string[]): AsyncGenerator<Record<string, unknown>[]> {
  yield* queried(sql, values, (result) => result.yieldRowObjectJs());
}

async function* queried<T>(sql: string, values: string[], each: (result: DuckDBResult) => AsyncIterable<T>): AsyncGenerator<T> {
  const connection = idle.pop() ?? (await (await database()).connect());
  let ended = false;
  try {
    yield* each(await connection.stream(sql, values));
    ended = true;
  } finally {
    // A connection with a query half done is closed, which ends the query.
    if (ended && idle.length < IDLE_MAX) idle.push(connection);
    else connection.closeSync();
  }
}

function database(): Promise<DuckDBInstance> {
  instance ??= DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "512MB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    enable_external_file_cache: "false",
  });
  return instance;
}
