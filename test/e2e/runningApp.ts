import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_WITHIN_MS = 20_000;
const script = fileURLToPath(new URL('../../out/web/main.mjs', import.meta.url));

/** The app as `npm start` runs it where there is no Electron, with a configuration of its own. */
export class RunningApp {
  readonly #process: ChildProcess;
  /** Its configuration: a second app can be started with that of one that has ended. */
  readonly config: string;
  #output = '';

  constructor(options: { readonly config?: string } = {}) {
    this.config = options.config ?? mkdtempSync(join(tmpdir(), 'understudy-e2e-'));
    mkdirSync(this.downloads, { recursive: true });
    // What desktops share (xdg-user-dirs): the app saves into this folder, not into that of whoever runs the test.
    writeFileSync(join(this.config, 'user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${this.downloads}"\n`);
    this.#process = spawn(process.execPath, [script, '--no-open'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_CONFIG_HOME: this.config },
    });
    const keep = (chunk: Buffer): void => {
      this.#output += chunk.toString('utf8');
    };
    this.#process.stdout?.on('data', keep);
    this.#process.stderr?.on('data', keep);
  }

  /** Where it saves files. */
  get downloads(): string {
    return join(this.config, 'downloads');
  }

  get output(): string {
    return this.#output;
  }

  /** The one-time address that it prints. */
  async address(): Promise<string> {
    const deadlineMs = performance.now() + START_WITHIN_MS;
    for (;;) {
      const found = /http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{64}/.exec(this.#output)?.[0];
      if (found !== undefined) return found;
      if (performance.now() > deadlineMs || this.#process.exitCode !== null) {
        throw new Error(`The app printed no address:\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What the process holds of the machine's memory now. */
  memoryMiB(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
  }

  /** The folder of its demo group; other apps on this machine may have theirs beside it. */
  demoFolder(): string {
    return demoFolderOf(this.#process.pid);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL', options: { readonly keep?: boolean } = {}): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode === null && this.#process.kill(signal)) await ended;
    if (options.keep !== true) rmSync(this.config, { recursive: true, force: true });
  }
}

/** The folder of the demo group that this process made. */
export function demoFolderOf(pid: number | undefined): string {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith('understudy-demo-'))) {
    const folder = join(tmpdir(), name);
    if (ownerOf(folder) === pid) return folder;
  }
  throw new Error('The process has no demo folder.');
}

function ownerOf(folder: string): number | null {
  try {
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { readonly pid: number };
    return owner.pid;
  } catch {
    return null;
  }
}

/** Processes of the demo hosts in this folder. */
export function demoProcesses(folder: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`UNDERSTUDY_DEMO_HOST=${folder}/`);
    } catch {
      return false;
    }
  }).length;
}
