import type { Failure } from '../../../agent/protocol/failure.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { tryRoot } from '../../backend/hosts/hosts.ts';
import { withSession } from '../../backend/install/reconnect.ts';
import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { HostEntry } from '../../backend/inventory/schema.ts';
import type { SecretKind } from '../../backend/secret.ts';
import { type HostSession, openSession } from '../../backend/ssh/session.ts';
import { jumpName } from '../../backend/ssh/connect.ts';
import type { SecretKeeper } from './secretKeeper.ts';

/** A login that nobody used for this long is ended; a wizard's pages follow each other faster. */
const IDLE_MS = 180_000;
/** Hosts lock out who tries more often (sshd: MaxAuthTries 6, PAM: 3 to 5). */
const MAX_TRIES = 3;

/** Which secrets a refusal says to be wrong. */
const wrongSecrets: ReadonlyMap<string, readonly SecretKind[]> = new Map([
  ['ssh.auth-refused', ['password']],
  ['ssh.passphrase-wrong', ['passphrase']],
  ['ssh.sudo-refused', ['sudo']],
]);
/** The command line's way out is none in a window. */
const windowFixes: ReadonlyMap<string, string> = new Map([
  ['ssh.password-missing', 'Try again and type the password, or use a key or the SSH agent.'],
  ['ssh.passphrase-missing', 'Try again and type the passphrase, or use the SSH agent.'],
  ['ssh.sudo-password-missing', 'Try again and type the password for sudo, or log in as root.'],
]);

interface Pooled {
  readonly session: Promise<HostSession>;
  users: number;
  idle: NodeJS.Timeout | null;
}

/** Logins to hosts: one connection a host, shared by all that is done there, ended when idle, made again when lost. */
export class HostAccess {
  readonly #inventoryPath: string;
  readonly #secrets: SecretKeeper;
  readonly #pool = new Map<string, Pooled>();

  constructor(inventoryPath: string, secrets: SecretKeeper) {
    this.#inventoryPath = inventoryPath;
    this.#secrets = secrets;
  }

  /**
   * Does `work` as root on a known host, and again from its start when the connection was lost meanwhile: only for what
   * may be repeated. `ask`: a person may be asked for secrets.
   */
  on<Result>(name: string, ask: boolean, work: (session: HostSession) => Promise<Result>): Promise<Result> {
    return withSession(() => this.#lease(name, ask), work);
  }

  /** The same with several hosts at once; the first refusal ends it before `work` begins. */
  async onAll<Result>(
    names: readonly string[],
    ask: boolean,
    work: (sessions: readonly HostSession[]) => Promise<Result>,
  ): Promise<Result> {
    const opened = await Promise.allSettled(names.map((name) => this.#lease(name, ask)));
    const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      const refused = opened.find((each) => each.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
      return await work(sessions);
    } finally {
      for (const session of sessions) session.close();
    }
  }

  /** A login of its own, verified up to root. Wrong secrets are asked for again. Throws a FailureError. */
  async open(entry: HostEntry, ask: boolean): Promise<HostSession> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#openOnce(entry, ask);
      } catch (fault) {
        const { code } = asFailure(fault);
        const wrong = wrongSecrets.get(code);
        const typed = wrong !== undefined && this.#forgetWrong(entry, wrong);
        if (!ask || !typed || tries >= MAX_TRIES) throw forWindow(fault);
      }
    }
  }

  async #openOnce(entry: HostEntry, ask: boolean): Promise<HostSession> {
    const session = await openSession(entry, this.#secrets.source(ask));
    try {
      await tryRoot(session);
      await this.#secrets.accepted(entry.name);
      await this.#secrets.accepted(jumpName(entry.name));
      return session;
    } catch (fault) {
      session.close();
      throw fault;
    }
  }

  /** Whether there was a secret that could have been wrong; a refused key can't be typed better. */
  #forgetWrong(entry: HostEntry, kinds: readonly SecretKind[]): boolean {
    const names = [entry.name, ...(entry.jump === null ? [] : [jumpName(entry.name)])];
    const held = names.some((name) => this.#secrets.holds(name));
    for (const name of names) this.#secrets.refused(name, kinds);
    return held;
  }

  /** Ends the connection to a host whose login or key was changed. */
  drop(name: string): void {
    const pooled = this.#pool.get(name);
    this.#pool.delete(name);
    if (pooled?.idle != null) clearTimeout(pooled.idle);
    pooled?.session.then(
      (session) => session.close(),
      () => undefined,
    );
  }

  close(): void {
    for (const name of [...this.#pool.keys()]) this.drop(name);
  }

  async #lease(name: string, ask: boolean): Promise<HostSession> {
    const pooled = this.#pool.get(name) ?? this.#connect(name, ask);
    pooled.users += 1;
    if (pooled.idle !== null) clearTimeout(pooled.idle);
    pooled.idle = null;
    try {
      const session = await pooled.session;
      return {
        hostName: session.hostName,
        user: session.user,
        closed: session.closed,
        runAsRoot: (run) => session.runAsRoot(run),
        openControl: () => session.openControl(),
        close: once(() => this.#giveBack(name, pooled)),
      };
    } catch (fault) {
      this.#giveBack(name, pooled);
      throw fault;
    }
  }

  #connect(name: string, ask: boolean): Pooled {
    const opening = Promise.resolve().then(() =>
      this.open(hostByName(readInventory(this.#inventoryPath), name), ask),
    );
    const pooled: Pooled = { session: opening, users: 0, idle: null };
    this.#pool.set(name, pooled);
    const gone = (): void => {
      if (this.#pool.get(name) === pooled) this.#pool.delete(name);
    };
    opening.then((session) => void session.closed.then(gone), gone);
    return pooled;
  }

  #giveBack(name: string, pooled: Pooled): void {
    pooled.users -= 1;
    if (pooled.users > 0) return;
    if (this.#pool.get(name) !== pooled) {
      pooled.session.then(
        (session) => session.close(),
        () => undefined,
      );
      return;
    }
    pooled.idle = setTimeout(() => this.drop(name), IDLE_MS);
    pooled.idle.unref();
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

/** A failure with a way out that a window has. */
function forWindow(fault: unknown): unknown {
  const failure: Failure = asFailure(fault);
  const fix = windowFixes.get(failure.code);
  return fix === undefined ? fault : fail({ ...failure, fix });
}
