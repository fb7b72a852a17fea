import type { EngineState } from '../core/engine/state.ts';
import { DiskCopies } from '../drill/diskCopies.ts';
import { Drills } from '../drill/drills.ts';
import { DrillStore } from '../drill/drillStore.ts';
import type { Moves } from '../move/moves.ts';
import { Prober } from '../probes/runProbe.ts';
import type { Ground } from './ground.ts';

/** Both sides of drills: this host's own, and the copies of disks that it makes for those of others. */
export function openDrills(
  ground: Ground,
  engine: () => EngineState,
  moves: Pick<Moves, 'copyDisks'>,
): { readonly drills: Drills; readonly copies: DiskCopies } {
  const { hypervisor, settings, definitions, accounts, nowMs, tell, paths } = ground;
  const store = new DrillStore(settings.areaPath);
  const { driller } = hypervisor;
  const drills = new Drills({
    driller,
    store,
    prober: new Prober(hypervisor.guestAgent),
    accounts,
    slot: settings.slot,
    hostName: settings.hostName,
    libDir: paths.libDir,
    nowMs,
    wallMs: () => Date.now(),
    screenshot: (vm, deadlineMs) => hypervisor.screenshot(vm, deadlineMs),
    bundle: (vm) => definitions.bundle(vm),
    copyDisks: (...ask) => moves.copyDisks(...ask),
    engine,
    tell,
  });
  return {
    drills,
    copies: new DiskCopies({ driller, store, engine, nowMs, isDrilling: () => drills.isRunning }),
  };
}
