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
  /** Writes that hang may land without an answer, and may go on hanging when the store works again. */
  readonly late: boolean;
  readonly wrong?: Wrong;
}

interface State {
  readonly world: World;
  readonly left: number;
}

const CUTS: readonly Cut['what'][] = [
  'freeze',
  'keeper-kill',
  'power-off',
  'power-off-torn',
  'stall',
  'stall-busy',
];

/** Every schedule of at most so many faults; between two of them, and until each ends, any time may pass. */
export function keeperModel(bounds: Bounds): Model<State> {
  return {
    start: { world: settled(bounds), left: bounds.faults },
    successors: (state) => successors(state, bounds),
    key: ({ world, left }) => `${left} ${worldKey(world)}`,
    violation: ({ world }) => world.violation,
  };
}

function* successors({ world, left }: State, bounds: Bounds): Generator<{ label: string; state: State }> {
  const calm = passTime(world, null);
  yield { label: 'time passes', state: { world: calm, left } };
  for (const { label, state } of ends(world, bounds.late)) {
    yield { label, state: { world: state, left } };
  }
  if (left === 0) {
    return;
  }
  const kinds = new Set(bounds.kinds);
  for (const { label, state } of strikeBetween(world, kinds)) {
    yield { label, state: { world: state, left: left - 1 } };
  }
  for (const host of world.hosts) {
    for (const what of CUTS) {
      const points = kinds.has(what) && canCut(host, what) ? (calm.points[host.slot] ?? 0) : 0;
      const last = bounds.points === 'first' ? Math.min(points, 1) : points;
      for (let point = 0; point < last; point += 1) {
        const label = `${host.slot}: ${what} at point ${point}`;
        yield { label, state: { world: passTime(world, { host: host.slot, point, what }), left: left - 1 } };
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
  return world;
}
