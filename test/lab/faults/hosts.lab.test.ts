import { expect } from 'vitest';
import { askGuest } from '../guests.ts';
import { describeFaults, type Fault } from './faultTest.ts';

/** T of the swift profile is 12 s; the rest is detection, a guest boot under emulation, and a busy machine. */
const takeoverWithinMs = 60_000;

const faults: readonly Fault[] = [
  {
    name: 'the active host loses its power and the standby takes over',
    async happen({ active, standby }) {
      await active.off();
      return { runsOn: standby, sameBoot: false, withinMs: takeoverWithinMs };
    },
  },
  {
    // Its watchdog resets the frozen host. The lab's hosts boot in a second, so it may be back before T and, with a
    // new epoch, start its VM again itself.
    name: 'the active host freezes as a whole, and the guest runs again on one host',
    async happen({ active }) {
      await active.freeze();
      return { runsOn: null, sameBoot: false, withinMs: takeoverWithinMs, mayReset: [active] };
    },
    async look({ active, guest }, after) {
      if (active.isFrozen()) active.thaw();
      await active.on();
      await active.waitForBoot();
      const still = await askGuest(guest.number);
      expect(still?.boot).toBe(after.boot);
    },
  },
  {
    name: 'both hosts lose power and the active comes back first',
    async happen({ active, standby }) {
      await Promise.all([active.off(), standby.off()]);
      await active.on();
      await active.waitForBoot();
      return { runsOn: active, sameBoot: false, withinMs: takeoverWithinMs };
    },
  },
  {
    name: 'both hosts lose power and only the standby comes back',
    async happen({ active, standby }) {
      await Promise.all([active.off(), standby.off()]);
      await standby.on();
      await standby.waitForBoot();
      return { runsOn: standby, sameBoot: false, withinMs: takeoverWithinMs };
    },
  },
];

describeFaults('hosts that die', { profile: 'swift' }, faults);
