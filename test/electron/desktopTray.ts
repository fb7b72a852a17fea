import type { ChildProcess } from 'node:child_process';

/** A command of the session's user; rejects when it fails or takes too long. */
export type Call = (command: string, args: readonly string[]) => Promise<string>;

/** The app's tray menu as any desktop has it: StatusNotifierItem and dbusmenu. */
export interface DesktopTray {
  /** The menu's labels as soon as they are as `wanted`: looked at now, and again whenever the tray says that it changed. */
  menu(wanted: (labels: readonly string[]) => boolean, withinMs?: number): Promise<readonly string[]>;
  /** Clicks the first line of this label, as soon as the menu has it. */
  click(label: RegExp, withinMs?: number): Promise<void>;
}

interface Layout {
  /** Grows with each change of the menu; its lines may have other numbers then. */
  readonly revision: string;
  readonly lines: readonly { readonly id: number; readonly label: string }[];
}

const WITHIN_MS = 60_000;
/** A look that a busy tray did not answer is no change that could be waited for. */
const LOOK_AGAIN_MS = 2_000;
const menuPath = '/com/canonical/dbusmenu';

const gdbus = (dest: string, method: string, ...args: readonly string[]): readonly string[] =>
  ['call', '--session', '--timeout', '20', '--dest', dest, '--object-path', menuPath].concat(
    '--method',
    method,
    args,
  );

/** Whatever the tray may have changed by: an icon that comes or goes, a menu that was built or written anew. */
export const trayMonitor: readonly string[] = [
  "type='method_call',member='RegisterStatusNotifierItem'",
  "type='signal',interface='com.canonical.dbusmenu'",
  "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'",
];

/** `monitor` is a `dbus-monitor` of these rules that watches since before the app was started. */
export function desktopTray(monitor: ChildProcess, call: Call): DesktopTray {
  /** The connection that registered an icon last; the same for every version of Electron, other than its name. */
  let item = 'no.tray.icon';
  let changes = 0;
  let onChange: () => void = () => undefined;
  let rest = '';
  monitor.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines)
      item = /^method call .*\bsender=(\S+) .*member=RegisterStatusNotifierItem/.exec(line)?.[1] ?? item;
    changes += 1;
    onChange();
  });

  /** Null while there is no icon, or not yet. */
  const read = async (): Promise<Layout | null> => {
    const args = gdbus(item, 'com.canonical.dbusmenu.GetLayout', 'int32 0', 'int32 -1', '@as []');
    const text = await call('gdbus', args).catch(() => '');
    const revision = /^\(uint32 (\d+)/.exec(text)?.[1];
    if (revision === undefined) return null;
    const lines = [...text.matchAll(/\((\d+), \{[^{}]*?'label': <(?:'([^']*)'|"([^"]*)")>/g)].map(
      ([, id, label, quoted]) => ({ id: Number(id), label: label ?? quoted ?? '' }),
    );
    return { revision, lines };
  };

  /** Resolves with the next change after the one of this number, or when it is time to look again without one. */
  const changeAfter = (seen: number): Promise<void> =>
    new Promise((resolve) => {
      if (changes !== seen) return resolve();
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      onChange = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const until = async <T>(withinMs: number, look: (layout: Layout) => Promise<T | null>): Promise<T> => {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      const seen = changes;
      const layout = await read();
      const found = layout === null ? null : await look(layout);
      if (found !== null) return found;
      const lines = layout?.lines.map(({ label }) => label).join(' | ') ?? 'there is no tray icon';
      if (performance.now() > deadlineMs) throw new Error(`The tray is not as wanted: ${lines}`);
      await changeAfter(seen);
    }
  };

  return {
    menu: (wanted, withinMs = WITHIN_MS) =>
      until(withinMs, async ({ lines }) => {
        const labels = lines.map(({ label }) => label);
        return wanted(labels) ? labels : null;
      }),
    click: async (label, withinMs = WITHIN_MS) => {
      await until(withinMs, async ({ revision, lines }) => {
        const line = lines.find((one) => label.test(one.label));
        if (line === undefined) return null;
        const event = [`int32 ${line.id}`, '"clicked"', '<int32 0>', 'uint32 0'];
        await call('gdbus', gdbus(item, 'com.canonical.dbusmenu.Event', ...event)).catch(() => '');
        const after = await read();
        // A menu that was built anew meanwhile may have had another line under that number: click again.
        return after === null || after.revision === revision ? true : null;
      });
    },
  };
}
