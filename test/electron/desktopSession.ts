import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A desktop of the test's own: an X server nobody sees, a session bus, something that shows notifications, a tray. */
export interface DesktopSession {
  /** Writable by the session's user; gone at the end. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** A command line that runs as the session's user. */
  asUser(command: string, args: readonly string[]): readonly [string, readonly string[]];
  /** What was notified so far, as `title: body`. */
  notifications(): readonly string[];
  /** Does what a click on the newest notification does. */
  clickNotification(): Promise<void>;
  /** Empty while there is no icon, or not yet. */
  trayMenu(): Promise<readonly TrayLine[]>;
  clickTray(line: TrayLine): Promise<void>;
  end(): void;
}

export interface TrayLine {
  readonly id: number;
  readonly label: string;
}

/** Chromium does not start its sandbox for root, so that a root session's programs run as nobody. */
const NOBODY = 65_534;
const START_WITHIN_MS = 10_000;
const CALL_WITHIN_MS = 5_000;
const trayService = '/usr/libexec/ayatana-indicator-application/ayatana-indicator-application-service';
const isRoot = process.getuid?.() === 0;

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
  const call = (command: string, args: readonly string[]): Promise<string> =>
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
    const notified = collect(start('dunst', ['-print']));
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
      clickNotification: async () => void (await call('dunstctl', ['action', '0'])),
      ...tray(call),
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

type Call = (command: string, args: readonly string[]) => Promise<string>;

const gdbus = (name: string, path: string, method: string, ...args: readonly string[]): readonly string[] =>
  ['call', '--session', '--timeout', '4', '--dest', name, '--object-path', path, '--method', method].concat(
    args,
  );

/** Returns when somebody has the name on the bus. */
async function owned(call: Call, name: string): Promise<void> {
  await call('gdbus', ['wait', '--session', '--timeout', '4', name]);
}

/** The app's tray menu as any desktop reads it: StatusNotifierItem and dbusmenu. */
function tray(call: Call): Pick<DesktopSession, 'trayMenu' | 'clickTray'> {
  const menuPath = '/com/canonical/dbusmenu';
  const item = async (): Promise<string> => {
    const names = await call(
      'gdbus',
      gdbus('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.ListNames'),
    );
    return /org\.kde\.StatusNotifierItem-\d+-\d+/.exec(names)?.[0] ?? 'no.tray.icon';
  };
  return {
    trayMenu: async () => {
      const method = 'com.canonical.dbusmenu.GetLayout';
      const args = gdbus(await item(), menuPath, method, 'int32 0', 'int32 -1', '@as []');
      const layout = await call('gdbus', args).catch(() => '');
      return [...layout.matchAll(/\((\d+), \{[^{}]*?'label': <(?:'([^']*)'|"([^"]*)")>/g)].map(
        ([, id, label, quoted]) => ({ id: Number(id), label: label ?? quoted ?? '' }),
      );
    },
    clickTray: async ({ id }) => {
      const method = 'com.canonical.dbusmenu.Event';
      const args = [`int32 ${id}`, '"clicked"', '<int32 0>', 'uint32 0'];
      await call('gdbus', gdbus(await item(), menuPath, method, ...args));
    },
  };
}
