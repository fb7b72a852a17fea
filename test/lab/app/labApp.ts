import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { RunningApp } from '../../e2e/runningApp.ts';

/** The app in a browser of this machine, looking at the lab's hosts: what a person would have on the desk. */
export interface LabApp {
  readonly page: Page;
  /** What the page said was wrong: errors on its console, exceptions, refused content. */
  readonly problems: readonly string[];
  /** Ends the app and its window; what it keeps on disk stays for the next one. */
  closeWindow(): Promise<void>;
  /** Starts the app again, with the same configuration. */
  openWindow(): Promise<Page>;
  end(): Promise<void>;
}

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const windowSize = { width: 1440, height: 960 };

/** A configuration that knows the hosts and groups of this inventory, as after a set-up. */
function configWith(inventory: string): string {
  const config = mkdtempSync(join(tmpdir(), 'understudy-lab-app-'));
  mkdirSync(join(config, 'understudy'), { mode: 0o700 });
  copyFileSync(inventory, join(config, 'understudy', 'inventory.json'));
  return config;
}

/** `inventory`: of hosts and groups that were set up earlier; without it the app starts with none. */
export async function openLabApp(options: { readonly inventory?: string } = {}): Promise<LabApp> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  const problems: string[] = [];
  let app = new RunningApp(options.inventory === undefined ? {} : { config: configWith(options.inventory) });
  let page = await openPage(app);

  async function openPage(running: RunningApp): Promise<Page> {
    const opened = await browser.newPage({ viewport: windowSize });
    opened.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    opened.on('pageerror', (fault) => problems.push(fault.message));
    await opened.goto(await running.address());
    return opened;
  }

  return {
    get page() {
      return page;
    },
    problems,
    async closeWindow() {
      await page.close();
      await app.end('SIGTERM', { keep: true });
    },
    async openWindow() {
      app = new RunningApp({ config: app.config });
      page = await openPage(app);
      return page;
    },
    async end() {
      await browser.close();
      await app.end('SIGTERM');
    },
  };
}
