/** `none`: no port of the bridge leads out of the host. `unknown`: it could not be read. */
export interface BridgeLook {
  readonly bridge: string;
  readonly uplink: 'up' | 'down' | 'none' | 'unknown';
}

export interface UplinkLook {
  readonly kind: 'uplinks';
  readonly nowMs: number;
  readonly bridges: readonly BridgeLook[];
  /** By the definitions kept on this host. */
  readonly vms: readonly { readonly vm: string; readonly bridges: readonly string[] }[];
}

export interface Uplink {
  /** What counts; null: not known yet, or not any more. */
  readonly settled: 'up' | 'down' | null;
  readonly seen: 'up' | 'down';
  readonly sinceMs: number;
}

export interface Uplinks {
  readonly lookedAtMs: number;
  readonly bridges: ReadonlyMap<string, Uplink>;
  readonly vms: ReadonlyMap<string, readonly string[]>;
  /** When each VM was moved away because of this, within the last hour. */
  readonly movesMs: ReadonlyMap<string, readonly number[]>;
}

export const noUplinks: Uplinks = {
  lookedAtMs: Number.NEGATIVE_INFINITY,
  bridges: new Map(),
  vms: new Map(),
  movesMs: new Map(),
};
