import type { Page } from '@playwright/test';
import { ScriptedSetup } from './scriptedSetup.ts';
import { secretPrompt } from './setupSamples.ts';
import { openSetup } from './setupWindow.ts';
import { expect, test } from './window.ts';
import { setup } from './setupSamples.ts';

/** More controls than any page of the wizard has. */
const MOST_TABS = 90;

/** What a screen reader would call the control that has the focus. */
const focused = async (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) {
      return element.labels?.[0]?.textContent ?? '';
    }
    return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
  });

/** Goes on with the Tab key until the control of this name has the focus: so it can be reached, and is seen to be. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    const found = await focused(page);
    if (typeof name === 'string' ? found === name : name.test(found)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The Tab key does not reach ${String(name)}; the focus is on "${await focused(page)}".`);
}

async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

async function type(page: Page, name: string | RegExp, text: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

const atStep = async (page: Page, title: string): Promise<void> =>
  expect(page.getByRole('heading', { level: 2, name: title, exact: true })).toBeFocused();

async function addHost(page: Page, address: string): Promise<void> {
  await type(page, 'Address', address);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await press(page, 'It is the same: trust this host');
  await expect(dialog.getByLabel('Password of root')).toBeFocused();
  await page.keyboard.type('secret');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
}

test('the whole way from the first page to protected VMs goes by keyboard alone', async ({ page }) => {
  const scripted = new ScriptedSetup();
  const app = await scripted.open(page);
  await press(page, 'Set up new hosts');
  await atStep(page, 'Hosts');
  await addHost(page, '192.168.1.11');
  await press(page, /^Add the second host$/);
  await addHost(page, '192.168.1.12');
  await press(page, 'Continue to Check');
  await atStep(page, 'Check');
  await press(page, 'Load the driver on beta');
  await press(page, 'Continue to Install');
  await atStep(page, 'Install');
  await press(page, 'Install on alpha and beta');
  await press(page, 'Continue to Shared storage');
  await atStep(page, 'Shared storage');
  await press(page, 'Prove that it is shared');
  await press(page, 'Continue to Group');
  await atStep(page, 'Group');
  await type(page, 'Name of the group', 'shop');
  await press(page, 'Make the group');
  await press(page, 'Continue to VMs');
  await atStep(page, 'VMs');
  await tabTo(page, 'Protect web-shop');
  await page.keyboard.press('Space');
  await press(page, 'Protect 1 VM');
  await press(page, 'Continue to Done');
  await atStep(page, 'Done');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Set up a group: shop');
  expect(app.inputsOf('setup.addHost').map(({ address }) => address)).toEqual([
    '192.168.1.11',
    '192.168.1.12',
  ]);
  expect(app.inputsOf('pairs.protect')[0]).toMatchObject({
    choices: [{ hosts: ['alpha', 'beta'], order: 100 }],
    policy: { maxRestarts: 2, windowMs: 600_000, shutdownTimeoutMs: 90_000 },
  });
});

test('going back and forth, leaving and coming back loses nothing that was typed', async ({ page }) => {
  const scripted = new ScriptedSetup();
  await scripted.open(page);
  await page.getByRole('button', { name: 'Set up new hosts' }).click();
  await addHost(page, '192.168.1.11');
  await page.getByRole('button', { name: 'Add the second host' }).click();
  await page.getByRole('textbox', { name: 'Address' }).fill('192.168.1.12');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.goBack();
  await expect(page.getByRole('textbox', { name: 'Address' })).toHaveValue('192.168.1.12');
  await page.getByRole('textbox', { name: 'Address' }).focus();
  await page.keyboard.press('Enter');
  await press(page, 'It is the same: trust this host');
  await page.keyboard.type('secret');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Continue to Check' }).click();
  await page.getByRole('button', { name: 'Load the driver on beta' }).click();
  await page.getByRole('button', { name: 'Continue to Install' }).click();
  await page.goBack();
  await atStep(page, 'Check');
  await page.goForward();
  await atStep(page, 'Install');
  await page
    .getByRole('navigation', { name: 'Steps' })
    .getByRole('button', { name: /^1?Hosts/ })
    .click();
  await expect(page.getByRole('heading', { name: 'beta' })).toBeVisible();
  await page.getByRole('button', { name: 'Leave, go on later' }).click();
  await expect(page.getByRole('region', { name: 'Set-ups that were begun' })).toContainText('alpha and beta');
  await expect(page.getByRole('button', { name: 'Go on with alpha and beta' })).toBeVisible();
});

test('a secret is sent once, is not kept in the page, and is asked for again when it was wrong', async ({
  page,
}) => {
  const app = await openSetup(page, setup(), { answers: { 'prompts.answer': { ok: true, value: null } } });
  await app.publish('prompts.open', [secretPrompt()]);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Password of root')).toHaveAttribute('type', 'password');
  await page.keyboard.type('wrong one');
  await dialog.getByRole('checkbox', { name: 'Remember it on this computer' }).check();
  await dialog.getByRole('button', { name: 'Log in' }).click();
  await app.publish('prompts.open', [
    secretPrompt({ id: '7e000000-0000-4000-8000-00000000000c', again: true }),
  ]);
  await expect(dialog).toContainText('The host refused the last one.');
  await expect(dialog.getByLabel('Password of root')).toHaveValue('');
  await page.keyboard.press('Escape');
  const answers = () => app.inputsOf('prompts.answer').map(({ answer }) => answer);
  await expect
    .poll(answers)
    .toEqual([{ kind: 'secret', secret: 'wrong one', remember: true }, { kind: 'refuse' }]);
});
