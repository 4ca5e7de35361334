/** One object of a store. */
export interface Entry {
  readonly key: string;
  readonly bytes: number;
  /** The store's own token for the bytes: changes whenever they may have changed. */
  readonly version: string;
}

/** Bytes `start` to `end`, half-open; `end` absent means to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** What may be written: whole, or piece by piece. */
export type Body = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A file of the local disk that holds an object's bytes, until it is disposed. Never written to. */
export interface LocalFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Objects under keys with `/`, as in S3. A key names a file below the store's root and can never
 * leave it. Objects appear whole or not at all, whatever happens meanwhile.
 */
export interface Store {
  /** Null where there is no such object. */
  stat(key: string): Promise<Entry | null>;
  /** Throws `not-found` where there is none, or where it is no longer the version asked for. */
  read(key: string, options?: { readonly range?: ByteRange; readonly ifVersion?: string }): AsyncIterable<Uint8Array>;
  /** Replaces what was there. A body that throws leaves what was there. */
  write(key: string, body: Body): Promise<Entry>;
  /** True for exactly one of any number of writers that race for a key; the others change nothing. */
  createOnly(key: string, bytes: Uint8Array): Promise<boolean>;
  copy(from: string, to: string): Promise<Entry>;
  local(key: string): Promise<LocalFile>;
  /** In the order of the keys' UTF-8 bytes, from the first key greater than `after`. */
  list(prefix: string, after?: string): AsyncIterable<Entry>;
  /** To remove what is not there is no error. */
  remove(key: string): Promise<void>;
}
