import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openLab, type Lab, type LabHost } from './lab.ts';

/** The lab as a file of tests uses it. */
interface UsedLab {
  readonly lab: Lab;
  readonly h1: LabHost;
  readonly h2: LabHost;
}

const endGuests =
  'virsh -q list --name | while read -r name; do [ -z "$name" ] || virsh -q destroy "$name"; done';

/** Opens the lab for the file; every test in it finds both hosts up, healthy and without running guests. */
export function useLab(): UsedLab {
  let lab: Lab | undefined;
  const opened = (): Lab => {
    if (lab === undefined) throw new Error('The lab is open only inside tests.');
    return lab;
  };

  beforeAll(async () => {
    lab = await openLab();
  });

  beforeEach(async () => {
    await opened().net.heal();
    for (const host of opened().hosts) {
      await host.on();
      await host.setStore('ok');
      await host.setBmc('works');
      await host.waitForBoot();
      await host.run(endGuests);
    }
  });

  afterAll(async () => {
    await lab?.down();
  });

  return {
    get lab() {
      return opened();
    },
    get h1() {
      return opened().host('h1');
    },
    get h2() {
      return opened().host('h2');
    },
  };
}
