import type { Locator, Page } from '@playwright/test';
import { expect as expectPage } from '@playwright/test';
import type { Lab, LabHost } from '../lab.ts';
import type { LabApp } from './labApp.ts';

/** Logging in, checking and reading through SSH, beside emulated guests. */
export const soon = { timeout: 60_000 };
export const seen = expectPage.configure(soon);
/** The agent's upload to both hosts; the start of a group and its first leases. */
export const longWork = { timeout: 240_000 };
/** The lab's device is one that the kernel does not list. */
const labWatchdog = '/dev/watchdog:/run/labwd';

/** The steps of the set-up, as a person does them in the window. */
export class WizardSteps {
  readonly #app: LabApp;

  constructor(app: LabApp) {
    this.#app = app;
  }

  get page(): Page {
    return this.#app.page;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Logs in with the lab's key file, compares the host's key, and answers sudo. */
  async addHost(lab: Lab, host: LabHost, user: 'ops' | 'admin'): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    await this.page.getByRole('textbox', { name: 'Address' }).fill(host.address);
    await this.page.getByRole('textbox', { name: 'User' }).fill(user);
    await this.page.getByRole('radio', { name: 'Key file' }).check();
    await this.page.getByRole('textbox', { name: 'Private key file' }).fill(lab.sshKey);
    await this.button('Connect').click();
    await this.compareKey(host);
    if (user === 'admin') {
      await dialog.locator('input[type=password]').fill(lab.password, soon);
      await this.button('Log in').click();
    }
    await seen(this.page.getByRole('heading', { name: host.name, exact: true })).toBeVisible(soon);
  }

  /** Compares the fingerprint that is asked about with what the host itself prints, and trusts it. */
  async compareKey(host: LabHost): Promise<void> {
    const dialog = this.page.getByRole('dialog').filter({ hasText: host.address });
    await seen(dialog).toContainText('Nothing was sent to it yet', soon);
    const shown = await dialog.locator('.fingerprint code').innerText();
    const command = await dialog.locator('.command code').innerText();
    const printed = await host.must(command);
    seen(printed).toContain(`SHA256:${shown.replaceAll(/\s/g, '')}`);
    await this.button('It is the same: trust this host').click();
  }

  async goOn(to: string): Promise<void> {
    await this.button(`Continue to ${to}`).click(longWork);
    await seen(this.page.getByRole('heading', { name: to, level: 2, exact: true })).toBeVisible();
  }

  async install(): Promise<void> {
    await this.button('Install on h1 and h2').click(soon);
    const installing = this.page.getByRole('article').filter({ has: this.page.locator('.work-steps') });
    await seen(installing.locator('.work-state')).toHaveText('Done', longWork);
  }

  async proveStore(path: string): Promise<void> {
    await this.page.getByRole('radio', { name: path }).check(soon);
    await this.button('Prove that it is shared').click();
    await seen(this.page.getByText('h1 and h2 each wrote something')).toBeVisible(longWork);
    await seen(this.page.getByRole('img', { name: /^h2: Half of the writes/ })).toBeVisible();
  }

  async makeGroup(hosts: readonly LabHost[]): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Name of the group' }).fill('Shop');
    await this.button('Add a link').click();
    for (const host of hosts) {
      const ends = this.page.getByRole('combobox', { name: host.name, exact: true });
      await ends.nth(0).selectOption(host.address);
      await ends.nth(1).selectOption(host.cableAddress);
      await this.page.getByRole('textbox', { name: `Watchdog of ${host.name}` }).fill(labWatchdog);
    }
    await this.button('Make the group').click();
    const made = this.page.getByRole('heading', { name: 'The group Shop', exact: true });
    await seen(made).toBeVisible(longWork);
    await seen(this.button('Continue to VMs')).toHaveAttribute('aria-disabled', 'false', longWork);
  }
}
