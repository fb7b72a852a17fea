import type { EngineMemory } from '../../../agent/core/engine/types.ts';
import { PROFILES } from '../../../agent/core/timing.ts';
import { firstRunFile, formatStore, homeOf } from './group.ts';
import type { World } from './world.ts';

const LEAST_UPTIME_MS = 600_000;
/** Keepers and agents start within this time; the rest of the warm-up is for finding each other. */
const KEEPERS_WITHIN_MS = 500;
const AGENTS_AFTER_MS = 600;
const LOOK_EVERY_MS = 1000;

/** Puts up what was there long before second 0: hosts that are up, the area on the store, VMs that run. */
export function beginWorld(world: World, warmUpMs: number): void {
  const { queue, store, config, vms, sites } = world;
  for (const { host, libvirtd } of sites) {
    host.beUp(LEAST_UPTIME_MS + host.random.between(0, LEAST_UPTIME_MS));
    libvirtd.boot();
  }
  const bootIds = sites.map(({ host }) => host.bootId);
  formatStore(store, config, vms, bootIds);
  for (const vm of vms) {
    const site = sites[homeOf(config, vm)];
    if (site === undefined) continue;
    const qemu = world.guests.create(vm, site.host);
    world.guests.resume(qemu);
    qemu.guest = 'up';
    site.libvirtd.adopt(qemu);
    world.service.look(vm);
  }
  for (const site of sites) {
    const { host, keeper, agent, watchdog } = site;
    host.later(host.random.next() * KEEPERS_WITHIN_MS, () => {
      keeper.runFile = firstRunFile(config, vms, host.slot, host.bootId, host.nowMs);
      watchdog?.open(PROFILES[config.profile].watchdogMs);
      keeper.start();
    });
    agent.memory = firstMemory(world, host.slot);
    agent.start(AGENTS_AFTER_MS + host.random.next() * KEEPERS_WITHIN_MS);
  }
  const look = (): void => {
    world.watch.look();
    world.judge.checkSaid(false);
    queue.after(LOOK_EVERY_MS, look);
  };
  queue.after(warmUpMs, look);
}

/** What an agent that was there before knows of its VMs. */
function firstMemory({ config, vms }: World, slot: number): EngineMemory {
  const generations = { lateStartGeneration: 0, stoppedGeneration: 0, moving: 0 };
  const blank = { ...generations, failuresMs: [], ownStopUntilMs: 0 };
  const here = vms.filter((vm) => homeOf(config, vm) === slot);
  return {
    vms: here.map((vm) => ({ vm: vm.uuid, ...blank, ranAtGeneration: 1 })),
    pauses: [],
  };
}
