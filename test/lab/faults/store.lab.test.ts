import { expect } from 'vitest';
import { waitFor } from '../run.ts';
import { describeFaults, type Fault } from './faultTest.ts';

const takeoverWithinMs = 75_000;
/** Longer than L and T of the swift profile together: whatever would happen, has happened. */
const longOutageMs = 25_000;

const outage = async (what: string, ms: number): Promise<void> => {
  const endMs = performance.now() + ms;
  await waitFor(what, ms + 5000, () => performance.now() >= endMs, 100);
};

const faults: readonly Fault[] = [
  {
    name: 'the store answers the active host with errors and the standby takes over',
    async happen({ active, standby }) {
      await active.setStore('eio');
      return { runsOn: standby, sameBoot: false, withinMs: takeoverWithinMs, mayReset: [active] };
    },
  },
  {
    // QEMU's threads hang in the store, so "drained" can't be proven and the watchdog resets the host. The lab's hosts
    // boot in a second and find the store well: the guest may come back there, before T, or on the standby.
    name: 'the store hangs for the active host, and the guest runs again on one host',
    async happen({ active }) {
      await active.setStore('stall');
      return { runsOn: null, sameBoot: false, withinMs: takeoverWithinMs, mayReset: [active] };
    },
  },
  {
    name: 'both hosts lose the store; nobody is reset and the guest goes on where it was',
    async happen({ shop, active, standby }) {
      await Promise.all([active.setStore('stall'), standby.setStore('stall')]);
      await outage('the store to stay away', longOutageMs);
      await Promise.all([active.setStore('ok'), standby.setStore('ok')]);
      expect(shop.hosts.map((host) => host.isOn())).toEqual([true, true]);
      return { runsOn: active, sameBoot: true, withinMs: takeoverWithinMs };
    },
  },
  {
    name: 'the standby loses the store and nothing moves',
    async happen({ active, standby }) {
      await standby.setStore('stall');
      await outage('the store to stay away', longOutageMs);
      return { runsOn: active, sameBoot: true, withinMs: 5000 };
    },
  },
];

describeFaults('stores that fail', { profile: 'swift' }, faults);
