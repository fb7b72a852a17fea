import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { root } from '../../build/command.ts';
import { type ElectronRuntime, electronRuntime } from '../../build/electronRuntime.ts';
import type { DesktopSession } from './desktopSession.ts';
import { bundleForOlderRuntime, languageGapsScript } from './olderBundle.ts';

/** Of a start at login the app itself takes 20 s before it shows a window where no tray appears. */
const LAUNCH_WITHIN_MS = 120_000;

const CLOSE_WITHIN_MS = 30_000;

/** The runtime of this machine; the tier is not started without one. */
export function runtime(): ElectronRuntime {
  const found = electronRuntime(false);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

let olderApp: Promise<string> | null = null;
const appFolder = (): Promise<string> =>
  runtime().kind === 'own' ? Promise.resolve(root) : (olderApp ??= bundleForOlderRuntime());

export interface LaunchOptions {
  readonly args?: readonly string[];
  /** Under the name of an installed app, which the runtime takes for one. */
  readonly installed?: boolean;
}

/** A program that starts the runtime as the session's user: Playwright takes one path only. */
async function starter(session: DesktopSession, installed: boolean): Promise<string> {
  const { executable, installedExecutable } = runtime();
  const program = installed ? installedExecutable : executable;
  const [command, args] = session.asUser(program, []);
  const file = join(session.home, installed ? 'start-installed' : 'start');
  const quoted = [command, ...args].map((word) => `'${word}'`).join(' ');
  writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** The arguments of every start in this session: one profile, no GPU (there is none under Xvfb). */
async function args(session: DesktopSession, options: LaunchOptions): Promise<string[]> {
  const profile = `--user-data-dir=${join(session.home, 'profile')}`;
  return [profile, '--disable-gpu', await appFolder(), ...(options.args ?? [])];
}

export async function launchApp(
  session: DesktopSession,
  options: LaunchOptions = {},
): Promise<ElectronApplication> {
  return _electron.launch({
    executablePath: await starter(session, options.installed ?? false),
    args: await args(session, options),
    env: { ...session.env },
    chromiumSandbox: true,
    timeout: LAUNCH_WITHIN_MS,
  });
}

/**
 * Ends the app. At its end Node waits for a debugger to go, and Playwright's sometimes does not: then the process, which has
 * done all that was its own by then, is ended from outside.
 */
export async function closeApp(app: ElectronApplication): Promise<void> {
  const late = setTimeout(() => app.process().kill('SIGKILL'), CLOSE_WITHIN_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(late);
  }
}

/** The command line of a start that is not driven: a second instance. */
export async function commandLine(session: DesktopSession): Promise<readonly [string, readonly string[]]> {
  return [await starter(session, false), await args(session, {})];
}

/** The app's window; Playwright must have seen its page, which is there from the first load on. */
export async function windowOf(app: ElectronApplication): Promise<Page> {
  const page = await app.firstWindow({ timeout: LAUNCH_WITHIN_MS });
  await page.waitForURL('app://main/index.html');
  if (runtime().kind === 'older') {
    await app.context().addInitScript({ content: await languageGapsScript() });
    await page.reload();
  }
  return page;
}

/** A file that the app wrote into its configuration; null when there is none. */
export function configFile(session: DesktopSession, ...path: readonly string[]): string | null {
  const file = join(session.home, 'config', ...path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
