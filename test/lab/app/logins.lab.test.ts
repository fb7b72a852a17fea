import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../labFixture.ts';
import { run, waitFor } from '../run.ts';
import { type LabApp, openLabApp } from './labApp.ts';
import { longWork, seen, WizardSteps } from './wizardSteps.ts';

/** The ways to log in that are no key file, with sshd as hosts have it: a password, an SSH agent, a machine in between. */

const used = useLab();
const agentStartsMs = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'understudy-agent-'));
const socket = join(folder, 'socket');

let agent: ChildProcess;
let app: LabApp;

beforeAll(async () => {
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  await waitFor('the SSH agent to take the key', agentStartsMs, async () => {
    const added = await run('ssh-add', ['-q', used.lab.sshKey], { env });
    return added.code === 0;
  });
  process.env['SSH_AUTH_SOCK'] = socket;
  app = await openLabApp();
});
afterAll(async () => {
  await app.end();
  agent.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('one host is entered by password, the other by the SSH agent and through the first', async () => {
  const { page } = app;
  const steps = new WizardSteps(app);
  const password = page.getByRole('dialog').locator('input[type=password]');
  await steps.button('Set up new hosts').click();
  await page.getByRole('textbox', { name: 'Address' }).fill(used.h1.address);
  await page.getByRole('textbox', { name: 'User' }).fill('admin');
  await page.getByRole('radio', { name: 'Password' }).check();
  await steps.button('Connect').click();
  await steps.compareKey(used.h1);
  await password.fill('not the one');
  await steps.button('Log in').click();
  await seen(page.getByRole('dialog')).toContainText('The host refused the last one.');
  await password.fill(used.lab.password);
  await steps.button('Log in').click();
  await seen(page.getByRole('heading', { name: 'h1', exact: true })).toBeVisible();

  await steps.button('Add the second host').click();
  await page.getByText('only through another machine').click();
  for (const [index, address] of [used.h2.address, used.h1.address].entries()) {
    await page.getByRole('textbox', { name: 'Address' }).nth(index).fill(address);
    await page.getByRole('textbox', { name: 'User' }).nth(index).fill('ops');
    await page.getByRole('radio', { name: 'SSH agent' }).nth(index).check();
  }
  await steps.button('Connect').click();
  // The way is asked about on its own, and first.
  await steps.compareKey(used.h1);
  await steps.compareKey(used.h2);
  await seen(page.getByRole('heading', { name: 'h2', exact: true })).toBeVisible();
  await seen(page.locator('main')).toContainText(`through ${used.h1.address}`);

  await steps.goOn('Check');
  const result = page.getByRole('region', { name: 'Result of the check' });
  await seen(result).toContainText('Nothing stands in the way', longWork);
  expect(app.problems).toEqual([]);
});
