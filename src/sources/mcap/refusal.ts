/** A topic that cannot be read, and why, for a person. */
export interface Refusal {
  readonly refused: string;
}
