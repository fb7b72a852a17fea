import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGuest } from '../guests.ts';
import { useLab } from '../labFixture.ts';
import { sourceDir, storePath } from '../layout.ts';
import { waitFor } from '../run.ts';
import { type LabApp, openLabApp } from './labApp.ts';
import { longWork, seen, soon, WizardSteps } from './wizardSteps.ts';

/** The full way from the first page to a protected VM, on hosts that nothing was installed on, in the window alone. */

const used = useLab();

/** Where the window is left as it was when the test failed. */
const picture = join(sourceDir, '..', '..', 'test-results', 'wizard.png');

let app: LabApp;

beforeAll(async () => {
  app = await openLabApp();
});
afterAll(async () => {
  await app.end();
});

test('from the first page to a protected VM', async ({ onTestFailed }) => {
  const { page } = app;
  const steps = new WizardSteps(app);
  onTestFailed(async () => {
    await page.screenshot({ path: picture, fullPage: true });
  });
  await startGuest(used.h1, { number: 1 });
  await steps.button('Set up new hosts').click();
  await steps.addHost(used.lab, used.h1, 'ops');
  await steps.button('Add the second host').click();
  await steps.addHost(used.lab, used.h2, 'admin');

  await steps.goOn('Check');
  const result = page.getByRole('region', { name: 'Result of the check' });
  await seen(result).toContainText('passed', soon);
  await seen(result).toContainText('Nothing stands in the way', soon);

  await steps.goOn('Install');
  await steps.install();
  await steps.goOn('Shared storage');
  await steps.proveStore(storePath);
  await steps.goOn('Group');
  await steps.makeGroup(used.lab.hosts);

  await steps.goOn('VMs');
  const box = page.getByRole('checkbox', { name: 'Protect vm1' });
  await seen(box).toHaveAttribute('aria-disabled', 'false', longWork);
  await box.check();
  await seen(page.getByRole('heading', { name: /^If h1 fails/ })).toBeVisible();
  await steps.button('Protect 1 VM').click();

  await seen(steps.button('Continue to Done')).toHaveAttribute('aria-disabled', 'false', longWork);
  await steps.goOn('Done');
  const banner = page.getByRole('region', { name: 'State of the group' });
  await seen(banner).toContainText('Protected', longWork);
  await steps.button('Finish and open the overview').click();
  await seen(page.getByRole('article', { name: 'Host h2' })).toBeVisible(soon);
  await seen(banner).toContainText('vm1 is protected.', soon);
  // The hosts say the same without the app; each reads the group's new configuration in its own time.
  await waitFor('h2 to say that vm1 is protected', soon.timeout, async () =>
    (await used.h2.must('understudy status')).includes('vm1'),
  );
  expect(app.problems).toEqual([]);
});
