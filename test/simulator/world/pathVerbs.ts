import type { FaultKind } from './calm.ts';
import type { Site } from './site.ts';
import type { Reach } from './store.ts';
import type { StepOf } from './verbs.ts';
import type { World } from './world.ts';

/** What a scenario does to the ways between hosts, and from hosts to the store. */

export function onLinks(
  world: World,
  step: StepOf<'link-cut' | 'link-heal' | 'link-loss' | 'link-delay'>,
): void {
  const { hosts } = world.scenario;
  const slot = (name: string | undefined): number | null => (name === undefined ? null : hosts.indexOf(name));
  const ways = world.network.ways(slot(step.from), slot(step.to), step.link ?? null);
  const which =
    step.from === undefined
      ? 'All links'
      : `Link${step.link === undefined ? 's' : ` ${step.link + 1}`} from ${step.from} to ${step.to}`;
  const now = world.queue.nowMs;
  for (const way of ways) {
    const key = `${way.from}>${way.to}.${way.link}`;
    if (step.do === 'link-cut' || step.do === 'link-heal') {
      way.isCut = step.do === 'link-cut';
      mark(world, 'network', `cut ${key}`, way.isCut, now);
    } else if (step.do === 'link-loss') {
      way.loss = step.percent / 100;
      mark(world, 'network', `loss ${key}`, way.loss > 0, now);
    } else {
      way.delayMs = step.ms;
      mark(world, 'network', `delay ${key}`, way.delayMs > 0, now);
    }
  }
  world.tell(null, `${which}: ${linkText(step)}.`);
}

function linkText(step: StepOf<'link-cut' | 'link-heal' | 'link-loss' | 'link-delay'>): string {
  switch (step.do) {
    case 'link-cut':
      return 'cut';
    case 'link-heal':
      return 'healed';
    case 'link-loss':
      return `${step.percent} % of all datagrams are lost`;
    case 'link-delay':
      return `${step.ms} ms of delay`;
  }
}

function mark(world: World, kind: FaultKind, key: string, isOn: boolean, now: number): void {
  if (isOn) world.calm.begin(kind, key, now);
  else world.calm.end(key, now);
}

type StoreVerb =
  | 'store-cut'
  | 'store-stall'
  | 'store-readonly'
  | 'store-heal'
  | 'store-delay'
  | 'store-torn-write';

const REACH: { readonly [verb in StoreVerb]?: readonly [reach: Reach, text: string] } = {
  'store-cut': ['cut', 'Its way to the store is cut: I/O fails.'],
  'store-stall': ['stall', 'Its I/O to the store hangs.'],
  'store-readonly': ['readonly', 'The store takes no writes from it.'],
  'store-heal': ['ok', 'It reaches the store again.'],
};

export function onStore(world: World, site: Site, step: StepOf<StoreVerb>): void {
  const { slot } = site.host;
  const now = world.queue.nowMs;
  world.watch.storeFault(step.do);
  const reach = REACH[step.do];
  if (reach !== undefined) {
    world.tell(slot, reach[1]);
    world.store.setReach(slot, reach[0]);
    mark(world, 'store', `reach ${slot}`, reach[0] !== 'ok', now);
    world.watch.storeChanged(slot, reach[0] !== 'ok');
    if (step.do === 'store-heal') setDelay(world, slot, 0, now);
  } else if (step.do === 'store-delay') {
    world.tell(slot, `Its I/O to the store takes ${step.ms} ms longer.`);
    setDelay(world, slot, step.ms, now);
  } else {
    world.tell(slot, 'Its next write to the store will be torn.');
    world.calm.happened('store', now);
    world.store.tearNext(slot);
  }
}

function setDelay(world: World, slot: number, delayMs: number, now: number): void {
  world.store.setDelay(slot, delayMs);
  mark(world, 'store', `delay ${slot}`, delayMs > 0, now);
}
