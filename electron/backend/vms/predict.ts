import { PROFILES, takeoverByTimeMs } from '../../../agent/core/timing.ts';
import type { ProfileName, WatchdogState } from '../../../agent/protocol/timing.ts';

/** One VM as it would be protected: what a takeover needs to know of it. */
export interface PlannedVm {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMiB: number;
  /** Where it runs, or would be started; null: it is stopped and nobody holds memory for it. */
  readonly runsOn: string | null;
  /** Hosts that may run it, the preferred first. */
  readonly hosts: readonly string[];
  /** Lower starts first. */
  readonly order: number;
}

export interface IfHostFails {
  readonly host: string;
  readonly fits: boolean;
  readonly survivors: readonly {
    readonly host: string;
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
export function ifHostsFail(
  vms: readonly PlannedVm[],
  freeMiB: ReadonlyMap<string, number | null>,
): readonly IfHostFails[] {
  return [...freeMiB.keys()].map((host) => {
    const room = new Map(freeMiB);
    const taken = new Map<string, PlannedVm[]>();
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

/** libvirt and QEMU until the guest's first instruction, as measured on the lab (docs/benchmarks.md); ms. */
const START_MS = 3_000;
/** A usual guest from its first instruction to its services; nobody can know it before it was seen. ms. */
const GUEST_BOOT_MS = 30_000;

export interface Recovery {
  readonly takeoverMs: number | null;
  readonly startMs: number;
  readonly totalMs: number | null;
}

/** From the last sign of life of the lost host to the guest being up. null: no takeover by time. Pure. */
export function recovery(
  profile: ProfileName,
  watchdog: WatchdogState | null,
  softwareWatchdogAccepted: boolean,
): Recovery {
  const timing = PROFILES[profile];
  const takeoverMs = takeoverByTimeMs({ timing, watchdog: watchdog ?? 'none', softwareWatchdogAccepted });
  const startMs = START_MS + GUEST_BOOT_MS;
  return { takeoverMs, startMs, totalMs: takeoverMs === null ? null : takeoverMs + startMs };
}
