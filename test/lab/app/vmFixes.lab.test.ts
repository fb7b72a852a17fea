import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Locator, Page } from '@playwright/test';
import { openShop, type Shop } from '../faults/shop.ts';
import { startGuest, waitForGuest } from '../guests.ts';
import type { GuestOptions } from '../guestXml.ts';
import type { LabHost } from '../lab.ts';
import { sourceDir, storePath } from '../layout.ts';
import { type LabApp, openLabApp } from './labApp.ts';
import { longWork, seen, soon, WizardSteps } from './wizardSteps.ts';

/**
 * What keeps a VM from being protected, put right in the window on real hosts: each fix is pressed, and afterwards the
 * VMs start on the other host when theirs loses its power. Then a second computer connects to the group.
 */

const iso = '/var/lib/libvirt/images/setup.iso';
const localDisk = '/var/lib/libvirt/images/vm2.raw';
const withMedium: GuestOptions = {
  number: 1,
  extraDevices: `<disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/><source file='${iso}'/><target dev='hdc' bus='ide'/><readonly/>
    </disk>`,
};
const onLocalDisk: GuestOptions = { number: 2, disk: localDisk, cpu: 'maximum' };
const onTheStore: GuestOptions = { number: 2, disk: `${storePath}/vm2.raw` };
/** One card on a network of libvirt with its own DHCP, as "default" is, one on a bridge that leads nowhere. */
const withNetworks: GuestOptions = {
  number: 3,
  extraDevices: `<interface type='network'><source network='office'/><model type='virtio'/></interface>
    <interface type='bridge'><source bridge='br-cameras'/><model type='virtio'/></interface>`,
};
const office = `<network><name>office</name><forward mode='nat'/><bridge name='virbr7' stp='on' delay='0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.10' end='192.168.77.99'/></dhcp></ip>
</network>`;
/** T of the swift profile, three boots under emulation at once, a busy machine. */
const takenOverWithinMs = 150_000;

const picture = (name: string): string => join(sourceDir, '..', '..', 'test-results', `vm-fixes-${name}.png`);

let shop: Shop;
let app: LabApp;
let steps: WizardSteps;
let h1: LabHost;
let h2: LabHost;
const page = (): Page => app.page;
const row = (vm: string): Locator =>
  page()
    .locator('.pair')
    .filter({ has: page().getByRole('heading', { name: vm, exact: true }) });

beforeAll(async () => {
  shop = await openShop({ profile: 'swift', links: 1 });
  h1 = shop.lab.host('h1');
  h2 = shop.lab.host('h2');
  await h1.must(`truncate -s 1M ${iso} && truncate -s 16M ${localDisk}`);
  await h1.must('cat >/run/office.xml && virsh -q net-define /run/office.xml && virsh -q net-start office', {
    input: office,
  });
  await h1.must('ip link add br-cameras type bridge && ip link set br-cameras up');
  // Two hosts of one machine have one processor: this one says that it has another.
  await h2.must(
    `sed 's/^model name.*/model name\\t: Another Processor/' /proc/cpuinfo >/run/cpuinfo && mount --bind /run/cpuinfo /proc/cpuinfo`,
  );
  await Promise.all([withMedium, onLocalDisk, withNetworks].map((guest) => startGuest(h1, guest)));
  await h1.must('virsh -q destroy vm2');
  app = await openLabApp({ inventory: shop.inventory });
  steps = new WizardSteps(app);
  await steps.button(/^Open the group Shop/).click();
  await page().getByRole('navigation').getByRole('link', { name: 'VMs', exact: true }).click();
  await page().getByRole('link', { name: 'Protect more VMs' }).click();
});
afterAll(async () => {
  await app.end();
  await shop.close();
});
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(async () => {
    await page().screenshot({
      path: picture(task.name.slice(0, 30).replaceAll(/\W+/g, '-')),
      fullPage: true,
    });
  });
});

/** Presses a VM's fix and waits until its reason is gone. */
async function press(vm: string, fix: string): Promise<void> {
  const button = row(vm).getByRole('button', { name: `${fix}: ${vm}` });
  await button.click(soon);
  await seen(button).toHaveCount(0, longWork);
}

test('a medium of this host alone is ejected from a running VM, which goes on', async () => {
  const { boot } = await waitForGuest(withMedium.number);
  await press('vm1', 'Eject the medium');
  await seen(row('vm1').getByRole('checkbox')).toHaveAttribute('aria-disabled', 'false');
  for (const scope of ['', '--inactive']) {
    expect(await h1.must(`virsh dumpxml ${scope} vm1`)).not.toContain(iso);
  }
  expect((await waitForGuest(withMedium.number)).boot).toBe(boot);
  await h1.must(`test -e ${iso}`);
});

test('a CPU of one host becomes one of both, and a local disk moves to the store', async () => {
  await press('vm2', 'Give it a CPU that all hosts have');
  expect(await h1.must('virsh dumpxml --inactive vm2')).toMatch(/<cpu mode='custom'/);
  await press('vm2', 'Move disk vda to the store');
  const definition = await h1.must('virsh dumpxml --inactive vm2');
  expect(definition).toContain(onTheStore.disk);
  expect(definition).not.toContain(localDisk);
  await seen(page().getByRole('article', { name: /^Move disk/ })).toContainText(`still at ${localDisk}`);
  await h1.must(`cmp ${localDisk} ${onTheStore.disk}`);
  expect(await h1.must(`ls -A ${storePath} /run/understudy-move 2>/dev/null`)).not.toContain(
    'understudy-move-',
  );
});

test('the network and the bridge that the standby lacks are made on it', async () => {
  // libvirt refuses an address that is in use: that is told, and nothing stays behind.
  await h2.must('ip addr add 192.168.77.1/24 dev eth1');
  await row('vm3').getByRole('button', { name: 'Create the network on h2: vm3' }).click(soon);
  await seen(page().getByRole('article', { name: /^Create the network on h2/ })).toContainText(
    'already in use by interface eth1',
    longWork,
  );
  expect(await h2.must('virsh -q net-list --all --name')).not.toContain('office');
  await h2.must('ip addr del 192.168.77.1/24 dev eth1');

  await press('vm3', 'Create the network on h2');
  await press('vm3', 'Create the bridge on h2');
  const made = await h2.must('virsh -q net-list --autostart --name');
  expect(made).toContain('office');
  expect(made).toContain('br-cameras');
  expect(await h2.must('ip -4 -o addr show dev virbr7')).toContain('192.168.77.1/24');
  await h2.must('test -d /sys/class/net/br-cameras/bridge');

  // One that is there and was stopped: as "default" is on a fresh host.
  await h2.must('virsh -q net-destroy office');
  await steps.button('Look again').click();
  await press('vm3', 'Start the network on h2');
  await seen(row('vm3').getByRole('checkbox')).toHaveAttribute('aria-disabled', 'false');
});

test('all three are protected, and start on the other host when theirs loses its power', async () => {
  await page()
    .getByRole('checkbox', { name: /^All that can be protected \(3\)/ })
    .check();
  await steps.button('Protect 3 VMs').click();
  for (const vm of ['vm1', 'vm2', 'vm3']) {
    await seen(row(vm).locator('.pair-state')).toContainText('Protected', longWork);
  }
  expect(await shop.console('vm', 'start', 'vm2')).toMatchObject({ ok: true });
  const guests = [withMedium, onTheStore, withNetworks];
  await Promise.all(guests.map((guest) => waitForGuest(guest.number)));
  await Promise.all(guests.map((guest) => shop.untilProtected(guest)));
  await h1.off();
  for (const guest of guests) {
    await waitForGuest(guest.number, { host: 'h2', deadlineMs: takenOverWithinMs });
    expect(shop.verdict(guest).violations).toEqual([]);
  }
  await h1.on();
  await h1.waitForBoot();
  await Promise.all(guests.map((guest) => shop.untilProtected(guest)));
});

test('a second computer connects to the group through one of its hosts', async () => {
  const second = await openLabApp();
  const there = new WizardSteps(second);
  try {
    await there.button('Connect to a group').click();
    await there.addHost(shop.lab, h1, 'ops');
    await there.compareKey(h2);
    await seen(second.page.getByRole('heading', { name: 'h2', exact: true })).toBeVisible(soon);
    await there.goOn('Done');
    await there.button('Finish and open the overview').click();
    for (const host of shop.hosts) {
      await seen(second.page.getByRole('article', { name: `Host ${host.name}` })).toContainText(
        'Up',
        longWork,
      );
    }
    const chip = second.page.getByRole('article', { name: 'Host h2' }).getByRole('link', { name: /^vm3: / });
    await seen(chip).toBeVisible();
    // What happened before it came is no work of this moment.
    await seen(second.page.getByRole('article', { name: /^Takeover of/ })).toHaveCount(0);
    expect(second.problems).toEqual([]);
  } finally {
    await second.page.screenshot({ path: picture('second-computer'), fullPage: true });
    await second.end();
  }
});

test('the page had no error', () => {
  expect(app.problems).toEqual([]);
});
