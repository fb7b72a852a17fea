/** One VM as it would be protected: what a takeover needs to know of it. */
export interface PlannedVm<Host> {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMiB: number;
  /** Where it runs, or would be started; null: it is stopped and nobody holds memory for it. */
  readonly runsOn: Host | null;
  /** Hosts that may run it, the preferred first. */
  readonly hosts: readonly Host[];
  /** Lower starts first. */
  readonly order: number;
}

export interface IfHostFails<Host> {
  readonly host: Host;
  readonly fits: boolean;
  readonly survivors: readonly {
    readonly host: Host;
    readonly vms: readonly string[];
    readonly needMiB: number;
    readonly haveMiB: number | null;
  }[];
  readonly left: readonly string[];
}

/**
 * Where the VMs of each host would go if it failed, in their start order, each to the first of its hosts that has room
 * left (docs/safety.md decides when; this is only how many fit). A host whose free memory is not known takes all. Pure.
 */
export function ifHostsFail<Host>(
  vms: readonly PlannedVm<Host>[],
  freeMiB: ReadonlyMap<Host, number | null>,
): readonly IfHostFails<Host>[] {
  return [...freeMiB.keys()].map((host) => {
    const room = new Map(freeMiB);
    const taken = new Map<Host, PlannedVm<Host>[]>();
    const left: string[] = [];
    const lost = vms.filter((vm) => vm.runsOn === host).toSorted((a, b) => a.order - b.order);
    for (const vm of lost) {
      const taker = vm.hosts.find((other) => {
        const free = room.get(other);
        return other !== host && free !== undefined && (free === null || free >= vm.memoryMiB);
      });
      if (taker === undefined) {
        left.push(vm.name);
        continue;
      }
      const free = room.get(taker);
      if (typeof free === 'number') room.set(taker, free - vm.memoryMiB);
      taken.set(taker, [...(taken.get(taker) ?? []), vm]);
    }
    const survivors = [...taken].map(([name, own]) => ({
      host: name,
      vms: own.map((vm) => vm.name),
      needMiB: own.reduce((sum, vm) => sum + vm.memoryMiB, 0),
      haveMiB: freeMiB.get(name) ?? null,
    }));
    return { host, fits: left.length === 0, survivors, left };
  });
}
