import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../labFixture.ts';
import { sourceDir } from '../layout.ts';
import { type LabApp, openLabApp } from './labApp.ts';
import { longWork, seen, soon, WizardSteps } from './wizardSteps.ts';

/**
 * Every Fix button of the checks, pressed in the window against real hosts that need it; the line then passes. What
 * the lab's hosts can't have (a time service, kernel modules, a firewall's own command) is a stand-in that does what the
 * real one would have done; the rest is real.
 */

const used = useLab();
let app: LabApp;
let steps: WizardSteps;

/** Puts a program before the system's own one of that name. */
const onPath = (name: string, script: string): string =>
  `printf '%s\\n' '#!/bin/sh' '${script.replaceAll('\n', "' '")}' >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}`;

const timeService = onPath(
  'timedatectl',
  `case $1 in
set-ntp) echo yes >/run/ntp ;;
*) cat /run/ntp 2>/dev/null || echo no ;;
esac`,
);
const kernelModules = onPath('modprobe', `[ "$2" = softdog ] && : >/dev/watchdog`);
const firewall = onPath(
  'ufw',
  `case $1 in
status) echo "Status: active" ;;
allow) iptables -D INPUT -p udp -j DROP ;;
esac`,
);

const stepDown = 'understudy-step-down.service';

async function keepPicture(name: string): Promise<void> {
  const path = join(sourceDir, '..', '..', 'test-results', `${name}.png`);
  await app.page.screenshot({ path, fullPage: true });
}

/** Presses a line's fix and waits until the line has passed: its button is gone. */
async function press(name: string): Promise<void> {
  const button = steps.button(name);
  await button.click(soon);
  await seen(button).toHaveCount(0, longWork);
}

async function backTo(step: string): Promise<void> {
  await app.page.locator('.rail-step').filter({ hasText: step }).click();
}

beforeAll(async () => {
  app = await openLabApp();
  steps = new WizardSteps(app);
});
afterAll(async () => {
  await app.end();
});

test('fixes of the checks', async ({ onTestFailed }) => {
  onTestFailed(() => keepPicture('fixes-of-checks'));
  await used.h1.must(timeService);
  await used.h1.must(
    'systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service',
  );
  await used.h1.must(
    'printf "[Manager]\\nRuntimeWatchdogSec=30\\n" >>/etc/systemd/system.conf; systemctl daemon-reexec',
  );
  await used.h2.must(`${kernelModules}; umount /dev/watchdog; rm -f /dev/watchdog`);
  await steps.button('Set up new hosts').click();
  await steps.addHost(used.lab, used.h1, 'ops');
  await steps.button('Add the second host').click();
  await steps.addHost(used.lab, used.h2, 'admin');
  await steps.goOn('Check');
  await press('Start libvirt on h1');
  expect(await used.h1.must('virsh -q list --all && systemctl is-active libvirtd.socket')).toContain(
    'active',
  );
  await press('Synchronize the clock on h1');
  await press('Let the keeper have the watchdog on h1');
  expect(await used.h1.must('systemctl show -p RuntimeWatchdogUSec --value')).toMatch(/^(0|infinity)$/);
  await press('Load a watchdog driver on h2');
  expect(await used.h2.must('cat /etc/modules-load.d/understudy.conf')).toBe('softdog');
  await keepPicture('fixes-of-checks-done');
  // The file stood in for the module's device; from here on the lab's own watchdog is needed.
  await used.h2.must('rm -f /dev/watchdog');
  await used.h2.reset();
  await used.h2.waitForBoot();

  await steps.goOn('Install');
  await steps.install();
  await used.h1.must('systemctl unmask sleep.target suspend.target');
  await used.h1.must(`systemctl disable -q ${stepDown} && rm /etc/systemd/system/${stepDown}`);
  await used.h2.must(`${firewall}; iptables -I INPUT -p udp -j DROP`);
  await backTo('Check');
  await steps.button('Check everything again').click(soon);
  await press('Keep it from sleeping on h1');
  expect(await used.h1.run('systemctl is-enabled sleep.target')).toMatchObject({ stdout: 'masked\n' });
  await press('Give VMs away at a shutdown on h1');
  expect(await used.h1.must(`systemctl is-enabled ${stepDown}`)).toBe('enabled');
  const open = steps.button(/^Open UDP port/);
  await seen(open).toHaveCount(2, longWork);
  await open.first().click();
  await seen(open).toHaveCount(0, longWork);
  expect(await used.h2.must('iptables -S INPUT')).not.toContain('DROP');
});
