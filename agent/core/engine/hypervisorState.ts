/** The connection to the hypervisor, as the engine goes by it. */
export interface HypervisorState {
  readonly connected: boolean;
  readonly version: string | null;
  readonly error: string | null;
  readonly sinceMs: number;
}
