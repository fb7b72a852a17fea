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

/** After a login the desktop's panel comes when it comes; after this the app does without it. */
const APPEARS_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 2_000;

const NO_TRAY =
  'This desktop shows no tray icons, so closing the window ends the app. The hosts go on by themselves.';

/** Whether there is a tray to hide in, as it was last seen. */
export class TrayPresence {
  readonly #look: () => Promise<boolean>;
  #isThere = false;
  #looking: Promise<void> | null = null;

  constructor(look: () => Promise<boolean>) {
    this.#look = look;
  }

  get refused(): string | null {
    return this.#isThere ? null : NO_TRAY;
  }

  /** Looks again; one look at a time. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look()
      .then((isThere) => {
        this.#isThere = isThere;
      })
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /** Resolves when there is one, or when it is too late for one to be on its way. */
  async appeared(wait: (ms: number) => Promise<void>): Promise<boolean> {
    for (let waitedMs = 0; !this.#isThere && waitedMs < APPEARS_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
      await wait(LOOK_EVERY_MS);
      await this.refresh();
    }
    return this.#isThere;
  }
}
