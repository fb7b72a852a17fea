/** The newest record of a host's lease that was seen, and when it was seen to be another one than before. */
export interface LeaseMove {
  readonly epoch: number;
  readonly seq: number;
  readonly movedAtMs: number | null;
}
