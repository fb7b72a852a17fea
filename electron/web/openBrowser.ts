import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The browser has read the file long before this. */
const REMOVE_AFTER_MS = 60_000;

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['xdg-open'],
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens an address in the user's browser without naming it in a command line, which every user of the machine can
 * read: a private file leads there. Says whether there was something to open it with.
 */
export function openBrowser(address: string): boolean {
  const headless = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  const [command, ...args] = openers[process.platform] ?? [];
  if (headless || command === undefined) return false;
  const folder = mkdtempSync(join(tmpdir(), 'understudy-open-'));
  const file = join(folder, 'open.html');
  const page = `<!doctype html><meta http-equiv="refresh" content="0;url=${address}"><title>Understudy</title>`;
  writeFileSync(file, page, { mode: 0o600 });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  setTimeout(remove, REMOVE_AFTER_MS).unref();
  const child = spawn(command, [...args, pathToFileURL(file).href], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return true;
}
