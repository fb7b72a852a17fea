/** Where the simulator's commands write. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** A line of progress may be written over itself. */
  readonly lively: boolean;
}
