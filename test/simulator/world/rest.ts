import type { World } from './world.ts';
import type { Site } from './site.ts';

const LOOK_EVERY_MS = 1000;

/** Whether a world has come to rest: its faults are over, all hosts and VMs are as they should be, nothing is under way. */
export class Rest {
  readonly #world: World;
  readonly #lastStepMs: number;
  readonly #forMs: number;
  #sinceMs: number | null = null;
  #nextLookMs: number;

  /** @param forMs - how long it must have lasted: what is still on its way lands within that. */
  constructor(world: World, lastStepMs: number, forMs: number) {
    this.#world = world;
    this.#lastStepMs = lastStepMs;
    this.#forMs = forMs;
    this.#nextLookMs = lastStepMs;
  }

  isOver(): boolean {
    const { nowMs } = this.#world.queue;
    if (nowMs < this.#nextLookMs) return false;
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    this.#sinceMs = nowMs > this.#lastStepMs && this.#isResting() ? (this.#sinceMs ?? nowMs) : null;
    return this.#sinceMs !== null && nowMs - this.#sinceMs >= this.#forMs;
  }

  #isResting(): boolean {
    const { sites, vms, service } = this.#world;
    return vms.every((vm) => !service.isDown(vm)) && sites.every(isAtRest);
  }
}

/** Switched off for good, or at work with nothing to do. */
function isAtRest({ host, keeper, agent, healthySinceMs }: Site): boolean {
  if (!host.isUp) return !host.isBooting;
  const { state } = keeper;
  const { engine } = agent;
  if (healthySinceMs === null || state === null || engine === null) return false;
  const isKeeperBusy =
    state.phase !== 'alive' ||
    state.regressedUntilMs !== null ||
    state.operations.size > 0 ||
    state.stops.size > 0 ||
    state.reassert.size > 0;
  if (isKeeperBusy || engine.admin !== null) return false;
  for (const vm of engine.vms.values()) if (vm.activity !== null) return false;
  return true;
}
