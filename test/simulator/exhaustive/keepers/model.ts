import type { Model } from '../search.ts';
import { type Fault, canCut, ends, strikeBetween } from './faults.ts';
import { worldKey } from './key.ts';
import { passTime } from './quantum.ts';
import { type Cut, launchKeeper } from './round.ts';
import { type World, type Wrong, configOf, formattedDisk, freshHost } from './world.ts';

export interface Bounds {
  readonly hosts: number;
  /** Host that runs the VM at the start: its turn in each step comes before or after the other's. */
  readonly holder: number;
  readonly faults: number;
  readonly kinds: readonly Fault[];
  /** At each point within a step, or only at its beginning. */
  readonly points: 'all' | 'first';
  /** Faults and their ends fall into so many steps from the first fault on; null: any time may lie between them. */
  readonly withinSteps: number | null;
  /** Writes that hang may land without an answer, and may go on hanging when the store works again. */
  readonly late: boolean;
  /** A live switchover of the VM to the other host begins with the search. */
  readonly moving?: boolean;
  readonly wrong?: Wrong;
}

interface State {
  readonly world: World;
  readonly left: number;
  /** Steps since the first fault, as far as they are limited. */
  readonly passed: number;
}

const CUTS: readonly Cut['what'][] = [
  'freeze',
  'keeper-kill',
  'power-off',
  'power-off-torn',
  'stall',
  'stall-busy',
];

/** Every schedule of at most so many faults; until each ends any time may pass that the bounds allow. */
export function keeperModel(bounds: Bounds): Model<State> {
  return {
    start: { world: settled(bounds), left: bounds.faults, passed: 0 },
    successors: (state) => successors(state, bounds),
    key: ({ world, left, passed }) => `${left} ${passed} ${worldKey(world)}`,
    violation: ({ world }) => world.violation,
  };
}

function* successors(state: State, bounds: Bounds): Generator<{ label: string; state: State }> {
  const { world, left } = state;
  const calm = passTime(world, null);
  const limit = bounds.withinSteps;
  const passed = limit === null || left === bounds.faults ? 0 : Math.min(state.passed + 1, limit);
  yield { label: 'time passes', state: { world: calm, left, passed } };
  if (limit !== null && state.passed >= limit) {
    return;
  }
  for (const { label, state: next } of ends(world, bounds.late)) {
    yield { label, state: { ...state, world: next } };
  }
  if (left > 0) {
    for (const { label, state: next } of strikeBetween(world, new Set(bounds.kinds))) {
      yield { label, state: { ...state, world: next, left: left - 1 } };
    }
    for (const { label, cut } of cuts(calm, world, bounds)) {
      yield { label, state: { world: passTime(world, cut), left: left - 1, passed } };
    }
  }
}

/** @param calm - the step as it goes without a fault: it shows how many points each host passes in it. */
function* cuts(calm: World, world: World, bounds: Bounds): Generator<{ label: string; cut: Cut }> {
  for (const host of world.hosts) {
    for (const what of CUTS) {
      const points = bounds.kinds.includes(what) && canCut(host, what) ? (calm.points[host.slot] ?? 0) : 0;
      const last = bounds.points === 'first' ? Math.min(points, 1) : points;
      for (let point = 0; point < last; point += 1) {
        yield { label: `${host.slot}: ${what} at point ${point}`, cut: { host: host.slot, point, what } };
      }
    }
  }
}

const SETTLE_STEPS = 40;

/** All hosts up and alive, the VM running where the bounds say, and long past of anything that had to settle. */
function settled(bounds: Bounds): World {
  const config = configOf(bounds.hosts);
  let world: World = {
    wrong: bounds.wrong ?? 'nothing',
    nowMs: 0,
    hosts: config.hosts.map(({ slot }) => freshHost(slot, config)),
    disk: formattedDisk(config),
    ghosts: [],
    mail: [],
    cut: new Set(),
    nextPid: 100,
    waitedMs: 0,
    points: [],
    violation: null,
  };
  for (const host of world.hosts) {
    host.standDown = host.slot === bounds.holder ? 0 : SETTLE_STEPS;
    launchKeeper(world, host);
  }
  for (let passed = 0; passed < SETTLE_STEPS; passed += 1) {
    world = passTime(world, null);
  }
  if (world.hosts[bounds.holder]?.guest === null || world.violation !== null) {
    throw new Error(`the searched world does not settle: ${world.violation ?? 'the VM does not run'}`);
  }
  for (const host of world.hosts) {
    host.wantsMove = bounds.moving === true && host.slot === bounds.holder;
  }
  return world;
}
