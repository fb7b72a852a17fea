export interface LibvirtOptions {
  readonly areaPath: string;
  /** Default: the sockets of the system's daemon. */
  readonly socketPath?: string;
  readonly uri?: string;
}

/** How to reach the daemon. */
export function connectOptions({ socketPath, uri }: LibvirtOptions): { socketPath?: string; uri?: string } {
  return { ...(socketPath === undefined ? {} : { socketPath }), ...(uri === undefined ? {} : { uri }) };
}
