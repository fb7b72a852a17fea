import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Call, desktopTray, type DesktopTray, trayMonitor } from './desktopTray.ts';

/** A desktop of the test's own: an X server nobody sees, a session bus, something that shows notifications, a tray. */
export interface DesktopSession {
  /** Writable by the session's user; gone at the end. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** A command line that runs as the session's user. */
  asUser(command: string, args: readonly string[]): readonly [string, readonly string[]];
  /** What was notified so far, as `title: body`. */
  notifications(): readonly string[];
  /** Closes those that are on the screen. */
  closeNotifications(): Promise<void>;
  /** Does what a click on the topmost notification does. */
  clickNotification(): Promise<void>;
  readonly tray: DesktopTray;
  end(): void;
}

/** Chromium does not start its sandbox for root, so that a root session's programs run as nobody. */
const NOBODY = 65_534;
/** They start in a blink; a machine that is busy with something else takes its time. */
const START_WITHIN_MS = 30_000;
const CALL_WITHIN_MS = 25_000;
const trayService = '/usr/libexec/ayatana-indicator-application/ayatana-indicator-application-service';
const isRoot = process.getuid?.() === 0;
/** What is shown stays until it is clicked: when a test comes to it depends on the machine. */
const lastingNotifications = ['low', 'normal', 'critical']
  .map((urgency) => `[urgency_${urgency}]\n    timeout = 0\n`)
  .join('');

function asUser(command: string, args: readonly string[]): readonly [string, readonly string[]] {
  if (!isRoot) return [command, args];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];
  return ['setpriv', [...user, command, ...args]];
}

/** The first match in what a child prints, on the stream of this number. */
function printed(child: ChildProcess, stream: number, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`${child.spawnfile} did not start: ${text}`)),
      START_WITHIN_MS,
    );
    child.stdio[stream]?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[1] ?? found[0]);
    });
    child.on('error', reject);
  });
}

/** What `dunst -print` prints of each notification. */
function readNotifications(output: string): readonly string[] {
  return [...output.matchAll(/summary: '(.*)'\n\tbody: '([^]*?)'\n\ticon:/g)].map(
    ([, title = '', body = '']) => `${title}: ${body}`,
  );
}

export async function startDesktopSession(options: {
  readonly tray: boolean;
  /** An unlocked GNOME key ring, and a desktop that is known to have one. */
  readonly keyRing?: boolean;
}): Promise<DesktopSession> {
  const home = mkdtempSync(join(tmpdir(), 'understudy-desktop-'));
  if (isRoot) chownSync(home, NOBODY, NOBODY);
  const children: ChildProcess[] = [];
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_RUNTIME_DIR: home,
    LANG: 'C.UTF-8',
  };
  const start = (
    command: string,
    args: readonly string[],
    pipes = 3,
    input: 'ignore' | 'pipe' = 'ignore',
  ): ChildProcess => {
    const [program, rest] = asUser(command, args);
    const stdio = [input, ...Array.from({ length: pipes - 1 }, () => 'pipe' as const)];
    const child = spawn(program, rest, { env, cwd: home, stdio });
    children.push(child);
    return child;
  };
  const call: Call = (command, args) =>
    new Promise((resolve, reject) => {
      const [program, rest] = asUser(command, args);
      execFile(program, rest, { env, timeout: CALL_WITHIN_MS }, (fault, output) =>
        fault === null ? resolve(output) : reject(fault),
      );
    });
  const end = (): void => {
    for (const child of children.toReversed()) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const screen = start(
      'Xvfb',
      ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-ac', '-nolisten', 'tcp'],
      4,
    );
    env['DISPLAY'] = `:${(await printed(screen, 3, /^(\d+)\n/)).trim()}`;
    const bus = start('dbus-daemon', ['--session', '--nofork', '--print-address=1']);
    env['DBUS_SESSION_BUS_ADDRESS'] = await printed(bus, 1, /^(\S+)\n/);
    const notificationRules = join(home, 'dunstrc');
    writeFileSync(notificationRules, lastingNotifications);
    const notified = collect(start('dunst', ['-print', '-conf', notificationRules]));
    const monitor = start('dbus-monitor', ['--session', ...trayMonitor]);
    // Said by the bus when it has made a monitor of it, from when on it misses nothing.
    await printed(monitor, 1, /member=NameLost/);
    if (options.tray) start(trayService, []);
    if (options.keyRing === true) {
      env['XDG_CURRENT_DESKTOP'] = 'GNOME';
      const keyRing = start(
        'gnome-keyring-daemon',
        ['--foreground', '--components=secrets', '--unlock'],
        3,
        'pipe',
      );
      keyRing.stdin?.end('a password of the login\n');
      await owned(call, 'org.freedesktop.secrets');
    }
    await owned(call, 'org.freedesktop.Notifications');
    if (options.tray) await owned(call, 'org.kde.StatusNotifierWatcher');
    return {
      home,
      env,
      asUser,
      notifications: () => readNotifications(notified()),
      closeNotifications: async () => void (await call('dunstctl', ['close-all'])),
      clickNotification: async () => void (await call('dunstctl', ['action', '0'])),
      tray: desktopTray(monitor, call),
      end,
    };
  } catch (fault) {
    end();
    throw fault;
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** Returns when somebody has the name on the bus. */
async function owned(call: Call, name: string): Promise<void> {
  await call('gdbus', ['wait', '--session', '--timeout', '20', name]);
}
