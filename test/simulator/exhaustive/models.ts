import { type Bounds, keeperModel } from './keepers/model.ts';
import { type PaxosBounds, paxosModel } from './paxosModel.ts';
import { type Found, search } from './search.ts';
import { type Case, cases, judge } from './standingModel.ts';
import { SMALL, SMALL_WITH_HOLD, withTiming } from './timing.ts';

/** One search: what it covers and how far it goes. */
export interface Check {
  readonly id: string;
  readonly covers: string;
  readonly bounds: string;
  readonly run: (maxStates: number) => Found;
}

const FAULTS: Bounds['kinds'] = [
  'freeze',
  'keeper-kill',
  'power-off',
  'power-off-torn',
  'stall',
  'stall-busy',
  'guest-dies',
  'hand-over',
];

function keepers(over: Partial<Bounds>, timing = SMALL): Check['run'] {
  const bounds: Bounds = {
    hosts: 2,
    holder: 0,
    faults: 1,
    kinds: FAULTS,
    points: 'all',
    late: true,
    withinSteps: null,
    ...over,
  };
  return (maxStates) => withTiming(timing, () => search(keeperModel(bounds), maxStates));
}

const RULES = { abortOnUnreadable: true, waitForUnreturned: true };

function paxos(over: Partial<PaxosBounds>): Check['run'] {
  const none = { crashes: 0, torn: 0, hung: 0, damaged: 0 };
  const bounds: PaxosBounds = { hosts: 2, generations: 2, ballots: 2, ...none, rules: RULES, ...over };
  return (maxStates) => search(paxosModel(bounds), maxStates);
}

function standing(): Found {
  let states = 0;
  for (const one of cases()) {
    states += 1;
    const what = judge(one);
    if (what !== null) {
      return { states, transitions: states, complete: false, violation: { what, path: [describe(one)] } };
    }
  }
  return { states, transitions: states, complete: true, violation: null };
}

function describe(one: Case): string {
  return JSON.stringify(one);
}

/** In the order of a reader's questions; the cheap ones first where it makes no difference. */
export const CHECKS: readonly Check[] = [
  {
    id: 'standing',
    covers: 'who may have a token, with one holder and in migration with two (rules 7, 11, 14)',
    bounds: '3 hosts, 2 epochs, every truth and every true knowledge of it',
    run: standing,
  },
  {
    id: 'paxos-2',
    covers: 'Disk Paxos over successive generations, 2 hosts (rules 12, 13)',
    bounds: '2 generations, 2 ballots a host; 1 reboot, 1 torn write, 1 write that hangs and lands late',
    run: paxos({ crashes: 1, torn: 1, hung: 1 }),
  },
  {
    id: 'paxos-damage',
    covers: 'Disk Paxos with a host whose block can never be read again (rule 12)',
    bounds: '2 hosts, 2 generations, 2 ballots a host; 1 block damaged for good, 1 torn, 1 late write',
    run: paxos({ torn: 1, hung: 1, damaged: 1 }),
  },
  {
    id: 'paxos-3',
    covers: 'Disk Paxos, 3 hosts (rules 12, 13)',
    bounds: '2 generations, 1 ballot a host; 1 write that hangs and lands late',
    run: paxos({ hosts: 3, ballots: 1, hung: 1 }),
  },
  {
    id: 'core-points',
    covers: 'lease, keeper and run file, watchdog, T, proofs, tokens, hand-over; interrupted anywhere',
    bounds: '2 hosts, 1 fault at each point between two effects or answers; any time until it ends',
    run: keepers({}),
  },
  {
    id: 'core-points-other',
    covers: 'the same with the VM on the host whose turn comes second',
    bounds: '2 hosts, 1 fault at each point; any time until it ends',
    run: keepers({ holder: 1 }),
  },
  {
    id: 'core-3',
    covers: 'the same with two standbys that race',
    bounds: '3 hosts, 1 fault between two steps; any time until it ends',
    run: keepers({ hosts: 3, points: 'first' }),
  },
  {
    id: 'core-pairs',
    covers: 'lease, run file, watchdog, T and proofs under two faults, in any order and overlap',
    bounds: '2 hosts, 2 faults (freeze, keeper crash, power off, store stall under a write) between steps',
    run: keepers({ faults: 2, points: 'first', kinds: ['freeze', 'keeper-kill', 'power-off', 'stall-busy'] }),
  },
  {
    id: 'hold',
    covers: 'the store lost by all and back for one after the other, frozen guests held (rule 18)',
    bounds: '2 hosts, L 6; 1 loss of the store by all, back for each host at any time',
    run: keepers({ points: 'first', kinds: ['stall-all'], late: false }, SMALL_WITH_HOLD),
  },
  {
    id: 'hold-letters',
    covers: 'the same with challenges and answers that are kept back and come late (rule 18)',
    bounds: '2 hosts, L 6; the loss and the cut of a one-way link, begun and ended within 4 steps',
    run: keepers(
      { faults: 2, points: 'first', kinds: ['stall-all', 'cut-link'], late: false, withinSteps: 4 },
      SMALL_WITH_HOLD,
    ),
  },
  {
    id: 'generations',
    covers: 'successive generations: hand-overs, takeovers and returns of hosts one after the other',
    bounds: '2 hosts, 2 faults (hand-over, guest crash, power off) between steps',
    run: keepers({
      faults: 2,
      points: 'first',
      kinds: ['hand-over', 'guest-dies', 'power-off', 'power-off-torn'],
    }),
  },
  {
    id: 'live',
    covers: 'a live switchover, interrupted anywhere on the source or the target (rule 24)',
    bounds: '2 hosts, 1 fault at each point between two effects or answers; any time until it ends',
    run: keepers({ moving: true, kinds: ['freeze', 'keeper-kill', 'power-off', 'stall', 'guest-dies'] }),
  },
  {
    id: 'live-pairs',
    covers: 'the same under two faults, in any order and overlap',
    bounds: '2 hosts, 2 faults (freeze, keeper crash, power off, hand-over) between steps, within 8 steps',
    run: keepers({
      moving: true,
      faults: 2,
      points: 'first',
      kinds: ['freeze', 'keeper-kill', 'power-off', 'hand-over'],
      withinSteps: 8,
    }),
  },
];
