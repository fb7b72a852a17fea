import { execFile } from 'node:child_process';

/** A desktop that does not answer in this time shows no tray for our purposes. */
const ANSWER_WITHIN_MS = 2_000;
/** The answer is one word. */
const MAX_ANSWER_BYTES = 4_096;

const bus = 'org.freedesktop.DBus';
const watcher = 'org.kde.StatusNotifierWatcher';

/** Two tools, one of which every desktop brings along; both ask the session bus whether anybody shows tray icons. */
const questions: readonly (readonly [string, ...string[]])[] = [
  ['gdbus', 'call', '--session', '--timeout', '1']
    .concat(['--dest', bus, '--object-path', '/org/freedesktop/DBus'])
    .concat(['--method', `${bus}.NameHasOwner`, watcher]) as [string, ...string[]],
  ['dbus-send', '--session', '--print-reply=literal', `--dest=${bus}`].concat([
    '/org/freedesktop/DBus',
    `${bus}.NameHasOwner`,
    `string:${watcher}`,
  ]) as [string, ...string[]],
];

/** What a command printed; null when it is not there, failed, or took too long. */
export type Ask = (command: string, args: readonly string[]) => Promise<string | null>;

const ask: Ask = (command, args) =>
  new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: ANSWER_WITHIN_MS, killSignal: 'SIGKILL', maxBuffer: MAX_ANSWER_BYTES },
      (fault, output) => resolve(fault === null ? output : null),
    );
  });

/**
 * Whether this Linux desktop shows tray icons (StatusNotifierItem): GNOME does not without an extension, and an app
 * that hides in a tray that is not there can't be brought back. No answer counts as no.
 */
export async function hasTrayHost(by: Ask = ask): Promise<boolean> {
  for (const [command, ...args] of questions) {
    const answer = await by(command, args);
    if (answer !== null) return /\btrue\b/.test(answer);
  }
  return false;
}
