import { Readable } from 'node:stream';
import type { Failure } from '../../../agent/protocol/failure.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { tryRoot } from '../../backend/hosts/hosts.ts';
import { withSession } from '../../backend/install/reconnect.ts';
import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { HostEntry } from '../../backend/inventory/schema.ts';
import type { SecretKind, SecretSource } from '../../backend/secret.ts';
import type { CommandResult } from '../../backend/ssh/collect.ts';
import { type HostSession, openSession, type RootRun } from '../../backend/ssh/session.ts';
import { jumpName, requirePinnedKey } from '../../backend/ssh/connect.ts';
import type { SecretKeeper } from './secretKeeper.ts';

/** A login that nobody used for this long is ended; a wizard's pages follow each other faster. */
const IDLE_MS = 180_000;
/** Hosts lock out who tries more often (sshd: MaxAuthTries 6, PAM: 3 to 5). */
const MAX_TRIES = 3;

/** Which secrets a refusal says to be wrong. */
const wrongSecrets: ReadonlyMap<string, readonly SecretKind[]> = new Map([
  ['ssh.auth-refused', ['password']],
  ['ssh.passphrase-wrong', ['passphrase']],
]);
/** The command line's way out is none in a window. */
const windowFixes: ReadonlyMap<string, string> = new Map([
  ['ssh.password-missing', 'Try again and type the password, or use a key or the SSH agent.'],
  ['ssh.passphrase-missing', 'Try again and type the passphrase, or use the SSH agent.'],
  ['ssh.sudo-password-missing', 'Try again and type the password for sudo, or log in as root.'],
]);

interface Pooled {
  readonly session: Promise<HostSession>;
  /** Whether who began it may ask a person. */
  readonly mayAsk: boolean;
  users: number;
  /** How many of them may ask a person. */
  asking: number;
  idle: NodeJS.Timeout | null;
}

export interface Lease extends HostSession {
  /** What comes from now on runs by itself: nobody is asked for it. */
  readonly stopAsking: () => void;
}

/** Logins to hosts: one connection a host, shared by all that is done there, ended when idle, made again when lost. */
export class HostAccess {
  readonly #inventoryPath: string;
  readonly #secrets: SecretKeeper;
  readonly #pool = new Map<string, Pooled>();
  readonly #onRefused: (name: string, fault: unknown) => void;

  /** `onRefused`: a known host could not be logged in to, whoever wanted it. */
  constructor(
    inventoryPath: string,
    secrets: SecretKeeper,
    onRefused: (name: string, fault: unknown) => void,
  ) {
    this.#inventoryPath = inventoryPath;
    this.#onRefused = onRefused;
    this.#secrets = secrets;
  }

  /**
   * Does `work` as root on a known host, and again from its start when the connection was lost meanwhile: only for what
   * may be repeated. `ask`: a person may be asked for secrets.
   */
  on<Result>(name: string, ask: boolean, work: (session: HostSession) => Promise<Result>): Promise<Result> {
    return withSession(() => this.lease(name, ask), work);
  }

  /** The same with several hosts at once; the first refusal ends it before `work` begins. */
  async onAll<Result>(
    names: readonly string[],
    ask: boolean,
    work: (sessions: readonly HostSession[]) => Promise<Result>,
  ): Promise<Result> {
    const opened = await Promise.allSettled(names.map((name) => this.lease(name, ask)));
    const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      const refused = opened.find((each) => each.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
      return await work(sessions);
    } finally {
      for (const session of sessions) session.close();
    }
  }

  /**
   * A login of its own, verified up to root, for a host that is not known yet: under which name its secrets are to be
   * remembered is up to the caller. Wrong secrets are asked for again. Throws a FailureError.
   */
  async openNew(entry: HostEntry): Promise<HostSession> {
    const session = await this.#logIn(entry, this.#secrets.source(true), true);
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          await tryRoot(session);
          return session;
        } catch (fault) {
          const again = asFailure(fault).code === 'ssh.sudo-refused' && this.#secrets.holds(entry.name);
          this.#secrets.refused(entry.name, ['sudo']);
          if (!again || tries >= MAX_TRIES) throw forWindow(fault);
        }
      }
    } catch (fault) {
      session.close();
      throw fault;
    }
  }

  async #logIn(entry: HostEntry, source: SecretSource, ask: boolean): Promise<HostSession> {
    // Nobody should be asked for the password of a host that then turns out to be another one.
    if (ask && entry.jump === null && entry.auth.kind !== 'agent' && !this.#secrets.holds(entry.name)) {
      await requirePinnedKey(entry);
    }
    for (let tries = 1; ; tries += 1) {
      try {
        return await openSession(entry, source);
      } catch (fault) {
        const wrong = wrongSecrets.get(asFailure(fault).code);
        const typed = wrong !== undefined && this.#forgetWrong(entry, wrong);
        if (!ask || !typed || tries >= MAX_TRIES) throw forWindow(fault);
      }
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

  dropIdle(): void {
    for (const [name, { users }] of this.#pool) if (users === 0) this.drop(name);
  }

  close(): void {
    for (const name of this.#pool.keys()) this.drop(name);
  }

  /** A share of the one connection; `close` gives it back. Throws a FailureError. */
  async lease(name: string, ask: boolean): Promise<Lease> {
    const pooled = this.#pool.get(name) ?? this.#connect(name, ask);
    pooled.users += 1;
    if (ask) pooled.asking += 1;
    if (pooled.idle !== null) clearTimeout(pooled.idle);
    pooled.idle = null;
    const stopAsking = once(() => {
      if (ask) pooled.asking -= 1;
    });
    const giveBack = once(() => {
      stopAsking();
      this.#giveBack(name, pooled);
    });
    try {
      const session = await pooled.session;
      return {
        hostName: session.hostName,
        user: session.user,
        closed: session.closed,
        runAsRoot: (run) => this.#asRoot(session, run, ask),
        openControl: () => session.openControl(),
        close: giveBack,
        stopAsking,
      };
    } catch (fault) {
      giveBack();
      // It was begun by somebody who may not ask.
      if (ask && !pooled.mayAsk && windowFixes.has(asFailure(fault).code)) return this.lease(name, ask);
      throw fault;
    }
  }

  /** A wrong password for sudo is asked for again; a command whose input is a stream can't be begun twice. */
  async #asRoot(session: HostSession, run: RootRun, ask: boolean): Promise<CommandResult> {
    const { hostName } = session;
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await session.runAsRoot(run);
        await this.#secrets.accepted(hostName, ['sudo']);
        return result;
      } catch (fault) {
        const again = asFailure(fault).code === 'ssh.sudo-refused' && this.#secrets.holds(hostName);
        if (again) this.#secrets.refused(hostName, ['sudo']);
        if (!again || !ask || tries >= MAX_TRIES || run.stdin instanceof Readable) throw forWindow(fault);
      }
    }
  }

  #connect(name: string, ask: boolean): Pooled {
    const source: SecretSource = (host, kind, question) =>
      this.#secrets.source(pooled.asking > 0)(host, kind, question);
    const opening = Promise.resolve().then(() =>
      this.#logIn(hostByName(readInventory(this.#inventoryPath), name), source, ask),
    );
    const pooled: Pooled = { session: opening, mayAsk: ask, users: 0, asking: 0, idle: null };
    this.#pool.set(name, pooled);
    const gone = (): void => {
      if (this.#pool.get(name) === pooled) this.#pool.delete(name);
    };
    opening.then(
      (session) => {
        for (const own of [name, jumpName(name)])
          void this.#secrets.accepted(own, ['password', 'passphrase']).catch(() => undefined);
        void session.closed.then(gone);
      },
      (fault: unknown) => {
        gone();
        this.#onRefused(name, fault);
      },
    );
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
