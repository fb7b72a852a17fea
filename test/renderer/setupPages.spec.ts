import { badReport, report } from './checkSamples.ts';
import { blockedRow, pairs, prediction, row } from './pairSamples.ts';
import { groupId } from './samples.ts';
import { atVms, host, keyChange, refused, setup } from './setupSamples.ts';
import { openSetup } from './setupWindow.ts';
import { candidates, proof } from './storeSamples.ts';
import { expect, test } from './window.ts';
import { failedWork, plan, work } from './workSamples.ts';

const ok = { ok: true, value: null } as const;
const begun = { ok: true, value: { workId: work().id } } as const;
const two = [host(0), host(1)];
const stores = { candidates, warnings: [], searchedAt: 0 };

test('what is wrong with a host stands at its field, and nothing is sent before it is right', async ({
  page,
}) => {
  const app = await openSetup(page, setup(), {
    answers: { 'setup.addHost': { ok: false, failure: refused } },
  });
  const address = page.getByRole('textbox', { name: 'Address' });
  const port = page.getByRole('textbox', { name: 'Port' });
  await port.fill('ssh');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(address).toBeFocused();
  await expect(address).toHaveAccessibleDescription(/Enter the name or the IP address/);
  await expect(port).toHaveAccessibleDescription(/A port is a number from 1 to 65535/);
  expect(app.inputsOf('setup.addHost')).toEqual([]);
  await port.fill('22');
  await expect(port).not.toHaveAttribute('aria-invalid', 'true');
  await address.fill('192.168.1.12');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(address).toHaveAccessibleDescription(/does not answer on port 22/);
  await expect(page.getByRole('alert').filter({ hasText: 'systemctl enable' })).toBeVisible();
  await expect(address).toHaveValue('192.168.1.12');
  expect(app.inputsOf('setup.addHost')).toEqual([
    { name: '', address: '192.168.1.12', port: 22, user: 'root', auth: { kind: 'password' }, jump: null },
  ]);
});

test('a host behind another machine carries the way through it', async ({ page }) => {
  const app = await openSetup(page, setup(), {
    answers: { 'setup.addHost': { ok: false, failure: refused } },
  });
  await page.getByRole('textbox', { name: 'Address' }).fill('kvm1.lan');
  await page.getByText('only through another machine').click();
  const jump = page.locator('.jump');
  await jump.getByRole('textbox', { name: 'Address' }).fill('gate.example.org');
  await jump.getByRole('radio', { name: 'SSH agent' }).check();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect
    .poll(() => app.inputsOf('setup.addHost')[0]?.jump)
    .toEqual({
      address: 'gate.example.org',
      port: 22,
      user: 'root',
      auth: { kind: 'agent' },
    });
});

test('a changed key shows both fingerprints and offers no way past', async ({ page }) => {
  const app = await openSetup(page, setup({ hosts: two, keyChange }));
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Known, confirmed on');
  await expect(dialog.locator('.fingerprint')).toHaveCount(2);
  const names = await dialog.getByRole('button').allInnerTexts();
  expect(names.map((name) => name.trim())).toEqual(['Copy', 'Close']);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByText('does not go on with it until that is settled')).toBeVisible();
  expect(app.calls.filter(({ name }) => name.startsWith('prompts'))).toEqual([]);
});

test('a failed check keeps one from going on, until it is put right or taken on', async ({ page }) => {
  const app = await openSetup(page, setup({ stage: 'checks', hosts: two }), {
    answers: {
      'checks.accept': ok,
      'checks.fix': begun,
      'checks.save': { ok: true, value: { path: '/home/me/Downloads/understudy-check.html', bytes: 9_000 } },
    },
  });
  await app.publish('checks.reports', [badReport()]);
  const on = page.getByRole('button', { name: 'Continue to Install' });
  await expect(on).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Load the driver on beta' }).click();
  await page.getByRole('checkbox', { name: 'I take this on' }).click();
  await page.getByRole('button', { name: 'Check again: There is a watchdog, beta' }).click();
  await page.getByRole('button', { name: 'Save as HTML' }).click();
  await expect(page.getByText('/home/me/Downloads/understudy-check.html')).toBeVisible();
  const key = 'watchdog.device beta';
  expect(app.inputsOf('checks.fix')).toEqual([{ groupId: null, line: key, fix: 'load-watchdog' }]);
  expect(app.inputsOf('checks.accept')).toEqual([{ groupId: null, line: key, on: true }]);
  expect(app.inputsOf('checks.run').at(-1)).toEqual({ groupId: null, line: key });
  await app.publish('checks.reports', [report()]);
  await app.publish('setup.state', setup({ stage: 'install', hosts: two, plan: plan() }));
  await expect(on).toHaveAttribute('aria-disabled', 'false');
});

test('an installation that broke off is gone on with or taken back, the latter only after a question', async ({
  page,
}) => {
  const app = await openSetup(page, setup({ stage: 'install', hosts: two, plan: plan() }), {
    answers: { 'setup.install': begun, 'setup.undo': begun, 'work.stop': ok },
  });
  await app.publish('work.recent', [work()]);
  await expect(page.getByText('This window may be closed')).toBeVisible();
  await page.getByRole('button', { name: 'Stop: Installing the agent' }).click();
  expect(app.inputsOf('work.stop')).toEqual([{ workId: work().id }]);
  await app.publish('work.recent', [failedWork()]);
  await expect(page.getByText('The connection to beta was lost')).toBeVisible();
  await page.getByRole('button', { name: 'Go on with the installation' }).click();
  await expect.poll(() => app.inputsOf('setup.install').length).toBe(1);
  await page.getByRole('button', { name: 'Take it back …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(app.inputsOf('setup.undo')).toEqual([]);
  await page.getByRole('button', { name: 'Take it back …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await expect.poll(() => app.inputsOf('setup.undo')).toEqual([{ hosts: ['alpha', 'beta'] }]);
});

test('a store is chosen from those found or typed, and the timing says what it means in seconds', async ({
  page,
}) => {
  const app = await openSetup(page, setup({ stage: 'store', hosts: two, stores }), {
    answers: { 'setup.proveStore': begun },
  });
  await page.getByRole('button', { name: 'Prove that it is shared' }).click();
  await page.getByRole('radio', { name: 'Another place' }).check();
  await page.getByRole('textbox', { name: /^Path/ }).fill('/dev/sdb1');
  await page.getByRole('button', { name: 'Prove that it is shared' }).click();
  expect(app.inputsOf('setup.proveStore')).toEqual([
    { kind: 'folder', path: '/srv/vms' },
    { kind: 'device', path: '/dev/sdb1' },
  ]);
  await app.publish('setup.state', setup({ stage: 'group', hosts: two, stores, proof: proof() }));
  await expect(page.getByRole('img', { name: /^alpha: Half of the writes/ })).toBeVisible();
  await expect(page.getByRole('radio', { name: /^Swift/ })).toBeDisabled();
  await expect(page.getByRole('radio', { name: /^Steady/ })).toBeChecked();
  await page.getByRole('radio', { name: /^Patient/ }).check();
  await expect.poll(() => app.inputsOf('setup.saveDraft').at(-1)?.profile).toBe('patient');
});

test('a group is not asked for with an address in two links, and is asked for whole', async ({ page }) => {
  const view = setup({ stage: 'group', hosts: two, stores, proof: proof() });
  const app = await openSetup(page, view, { answers: { 'setup.createGroup': begun } });
  const make = page.getByRole('button', { name: 'Make the group' });
  await make.click();
  await expect(page.getByText('Give the group a name.').first()).toBeVisible();
  await page.getByRole('textbox', { name: 'Name of the group' }).fill(' shop ');
  await page.getByRole('button', { name: 'Add a link' }).click();
  const second = page.getByRole('group', { name: 'Link 2' }).getByRole('combobox', { name: 'alpha' });
  await second.selectOption('192.168.1.11');
  await make.click();
  await expect(page.getByText('alpha has the same address in two links.')).toBeVisible();
  expect(app.inputsOf('setup.createGroup')).toEqual([]);
  await second.selectOption('10.0.0.11');
  await make.click();
  await expect
    .poll(() => app.inputsOf('setup.createGroup'))
    .toEqual([
      {
        name: 'shop',
        profile: null,
        port: 7677,
        links: [
          { host: 'alpha', addresses: ['192.168.1.11', '10.0.0.11'] },
          { host: 'beta', addresses: ['192.168.1.12', '10.0.0.12'] },
        ],
        watchdogs: [],
        acceptSoftwareWatchdog: false,
      },
    ]);
});

test('a VM that can not be protected yet says why, and its fix is one press away', async ({ page }) => {
  const app = await openSetup(page, atVms(), {
    answers: {
      'pairs.fix': begun,
      'pairs.protect': begun,
      'pairs.predict': { ok: true, value: prediction(false) },
    },
  });
  await app.publish('pairs.views', [pairs([row(0), blockedRow])]);
  const box = page.getByRole('checkbox', { name: 'Protect mail' });
  await expect(box).toHaveAttribute('aria-disabled', 'true');
  await box.focus();
  await page.keyboard.press('Space');
  await expect(box).not.toBeChecked();
  await page.getByRole('button', { name: 'Eject the CD: mail' }).click();
  expect(app.inputsOf('pairs.fix')).toEqual([{ groupId, vmId: blockedRow.vmId, fix: 'eject' }]);
  await page.getByRole('checkbox', { name: 'Protect web-shop' }).check();
  await page.getByRole('combobox', { name: 'Preferred host' }).selectOption('beta');
  await page.getByRole('combobox', { name: 'Starts' }).selectOption('First');
  await expect(page.getByText('Would stay down: files.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Seconds to shut down' }).fill('0');
  await expect(page.getByRole('button', { name: 'Protect 1 VM' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('textbox', { name: 'Seconds to shut down' }).fill('120');
  await page.getByRole('button', { name: 'Protect 1 VM' }).click();
  await expect
    .poll(() => app.inputsOf('pairs.protect')[0])
    .toEqual({
      groupId,
      choices: [{ vmId: row(0).vmId, hosts: ['beta', 'alpha'], order: 10 }],
      policy: { maxRestarts: 2, windowMs: 600_000, shutdownTimeoutMs: 120_000 },
    });
});

test('of 400 chosen VMs only the one that changed is drawn anew, and they can be filtered', async ({
  page,
}) => {
  const rows = Array.from({ length: 400 }, (_, index) => row(index));
  const app = await openSetup(page, atVms(), {
    answers: { 'pairs.predict': { ok: true, value: prediction(true) } },
  });
  await app.publish('pairs.views', [pairs(rows)]);
  await expect(page.locator('.pair')).toHaveCount(400);
  await page.getByRole('checkbox', { name: 'All that can be protected (400)' }).check();
  await expect(page.getByRole('button', { name: 'Protect 400 VMs' })).toBeVisible();
  const drawnAnew = await page.evaluate(
    async (views) => {
      const [view] = views;
      const changed = view?.rows[7];
      const list = document.querySelector('.pairs');
      if (view === undefined || changed === undefined || list === null) return null;
      const touched = new Set<string>();
      const drawn = new Promise((resolve) => {
        new MutationObserver((changes) => {
          for (const { target } of changes) {
            const item = target instanceof Element ? target : target.parentElement;
            touched.add(item?.closest('.pair')?.querySelector('h4')?.textContent ?? 'the list');
          }
          requestAnimationFrame(resolve);
        }).observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
      });
      const rowsNow = view.rows.with(7, { ...changed, running: !changed.running });
      dispatchEvent(new CustomEvent('pairs.views', { detail: [{ ...view, rows: rowsNow }] }));
      await drawn;
      return [...touched];
    },
    [pairs(rows)],
  );
  expect(drawnAnew).toEqual(['backup']);
  await page.getByRole('searchbox', { name: /Filter VMs/ }).fill('backup-4');
  await expect(page.locator('.pair')).toHaveCount(11);
});
