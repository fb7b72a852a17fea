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

export async function openLabApp(): Promise<LabApp> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  const problems: string[] = [];
  let app = new RunningApp();
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
