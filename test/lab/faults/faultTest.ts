import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitForGuest, type GuestState } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import type { LabHost } from '../lab.ts';
import { openShop, type Shop, type ShopOptions } from './shop.ts';

/** Each fault is met this often: the issue asks for three. */
const rounds = [1, 2, 3] as const;
/** Rounds follow each other within the policy's window: the VM must not be given to the other host for that. */
const manyRestarts = ['--max-restarts', '20'] as const;

/** What a test finds at the start of a round: a protected guest, writing on `active`. */
export interface Scene {
  readonly shop: Shop;
  readonly guest: GuestOptions;
  readonly active: LabHost;
  readonly standby: LabHost;
  readonly before: GuestState;
}

export interface Outcome {
  /** Where the guest must be writing afterwards; null: on either host, but only on one. */
  readonly runsOn: LabHost | null;
  /** The guest was never touched. */
  readonly sameBoot: boolean;
  /** How long the guest may take to get there, ms: only a bound for the test, not a promise. */
  readonly withinMs: number;
  /** Hosts that may have lost power since the round began. */
  readonly mayReset?: readonly LabHost[];
}

export interface Fault {
  readonly name: string;
  /** Does the fault; says what must be seen. */
  readonly happen: (scene: Scene) => Promise<Outcome>;
  /** Looks closer, after the guest is where it must be and before everything is healed. */
  readonly look?: (scene: Scene, after: GuestState) => Promise<void>;
  /** Heals what `happen` did, beyond power, store and network, which every round heals. */
  readonly heal?: (scene: Scene) => Promise<void>;
}

async function heal(shop: Shop): Promise<void> {
  await shop.lab.net.heal();
  for (const host of shop.hosts) {
    if (host.isFrozen()) host.thaw();
    await host.setStore('ok');
    await host.on();
    await host.waitForBoot();
  }
}

async function playRound(shop: Shop, guest: GuestOptions, fault: Fault): Promise<void> {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const before = await waitForGuest(guest.number);
  const scene: Scene = { shop, guest, active, standby: shop.other(active), before };
  const resets = new Map(shop.hosts.map((host) => [host.name, host.resets('watchdog')]));
  const expected = await fault.happen(scene);
  const after = await waitForGuest(guest.number, {
    ...(expected.runsOn === null ? {} : { host: expected.runsOn.name }),
    ...(expected.sameBoot ? {} : { notBoot: before.boot }),
    deadlineMs: expected.withinMs,
  });
  if (expected.sameBoot) expect(after.boot).toBe(before.boot);
  await fault.look?.(scene, after);
  await fault.heal?.(scene);
  await heal(shop);
  await shop.untilProtected(guest);
  const settled = await waitForGuest(guest.number);
  expect(settled.host, 'the guest stays where it is when the fault is over').toBe(after.host);
  const verdict = shop.verdict(guest);
  expect(verdict.violations, 'what the disk and the acknowledgements prove').toEqual([]);
  for (const host of shop.hosts) {
    if (expected.mayReset?.includes(host) === true) continue;
    expect(host.resets('watchdog'), `${host.name} must not have been reset`).toBe(resets.get(host.name));
  }
}

/** Declares a suite: one installed shop, one protected guest, every fault three times, in order. */
export function describeFaults(title: string, options: ShopOptions, faults: readonly Fault[]): void {
  describe(title, () => {
    const guest: GuestOptions = { number: 1 };
    let shop: Shop;
    beforeAll(async () => {
      shop = await openShop(options);
      const [first] = shop.hosts;
      if (first === undefined) throw new Error('The lab has no host.');
      await shop.protect(first, guest, ...manyRestarts);
    });
    afterAll(async () => {
      await shop.close();
    });
    for (const fault of faults) {
      for (const round of rounds) {
        test(`${fault.name} (${round} of ${rounds.length}), ${guestName(guest)}`, () =>
          playRound(shop, guest, fault));
      }
    }
  });
}
