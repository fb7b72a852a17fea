import { Secret, type SecretKind, type SecretSource, type SecretVault } from '../../backend/secret.ts';
import type { PromptDesk } from './promptDesk.ts';

const NO_VAULT = 'Secrets are kept only until the app ends.';
const labels: Readonly<Record<SecretKind, (host: string) => string>> = {
  password: (host) => `Password for ${host}`,
  passphrase: (host) => `Passphrase of the key file for ${host}`,
  sudo: (host) => `Password for sudo on ${host}`,
};

/**
 * Where secrets come from: held since they were typed, remembered, or asked for. They are held until the app ends or the
 * host refuses them, and remembered only after the host took them.
 */
export class SecretKeeper {
  readonly #desk: PromptDesk;
  readonly #vault: SecretVault | null;
  readonly #held = new Map<string, Secret>();
  readonly #toRemember = new Map<string, SecretKind>();
  readonly #refused = new Set<string>();
  /** Hosts whose sudo did not take the login's password: nobody typed that for sudo. */
  readonly #wrongGuesses = new Set<string>();

  constructor(desk: PromptDesk, vault: SecretVault | null) {
    this.#desk = desk;
    this.#vault = vault;
  }

  /** `ask` false: a person is not disturbed, for what runs by itself. */
  source(ask: boolean): SecretSource {
    return async (host, kind, question) => {
      if (kind === 'other') return ask ? this.#askOther(host, question?.label ?? '', question?.echo) : null;
      const known = this.#known(host, kind) ?? (await this.#remembered(host, kind));
      return known ?? (ask ? this.#ask(host, kind) : null);
    };
  }

  /** The host took what it was given of these kinds. */
  async accepted(host: string, kinds: readonly SecretKind[]): Promise<void> {
    for (const kind of kinds) {
      const key = keyOf(host, kind);
      this.#refused.delete(key);
      const secret = this.#held.get(key);
      if (this.#toRemember.delete(key) && secret !== undefined) await this.#vault?.put(host, kind, secret);
    }
  }

  /** The host refused them, or the user wants them forgotten: asked for again the next time. */
  refused(host: string, kinds: readonly SecretKind[]): void {
    for (const kind of kinds) {
      const key = keyOf(host, kind);
      const guessed = kind === 'sudo' && this.#held.get(key) === this.#held.get(keyOf(host, 'password'));
      if (this.#held.delete(key)) (guessed ? this.#wrongGuesses : this.#refused).add(key);
      this.#toRemember.delete(key);
    }
  }

  forget(host: string): void {
    this.refused(host, Object.keys(labels) as SecretKind[]);
    this.#vault?.forget(host);
  }

  /** What was typed for a host before its name was known. */
  rename(from: string, to: string): void {
    for (const kind of Object.keys(labels) as SecretKind[]) {
      const secret = this.#held.get(keyOf(from, kind));
      if (secret === undefined || from === to) continue;
      this.#held.delete(keyOf(from, kind));
      this.#held.set(keyOf(to, kind), secret);
      if (this.#toRemember.delete(keyOf(from, kind))) this.#toRemember.set(keyOf(to, kind), kind);
    }
  }

  holds(host: string): boolean {
    return (Object.keys(labels) as SecretKind[]).some((kind) => this.#held.has(keyOf(host, kind)));
  }

  /** For sudo the login's own password is tried first, as most hosts have it so. */
  #known(host: string, kind: SecretKind): Secret | null {
    const own = this.#held.get(keyOf(host, kind));
    const maySuit = kind === 'sudo' && !this.#refused.has(keyOf(host, kind));
    if (own !== undefined || !maySuit || this.#wrongGuesses.has(keyOf(host, kind))) return own ?? null;
    const password = this.#held.get(keyOf(host, 'password')) ?? null;
    if (password !== null) this.#held.set(keyOf(host, 'sudo'), password);
    return password;
  }

  async #remembered(host: string, kind: SecretKind): Promise<Secret | null> {
    const key = keyOf(host, kind);
    if (this.#vault === null || this.#refused.has(key)) return null;
    const secret = await this.#vault.get(host, kind);
    if (secret !== null) this.#held.set(key, secret);
    return secret;
  }

  async #ask(host: string, kind: SecretKind): Promise<Secret | null> {
    const key = keyOf(host, kind);
    const remember = { refused: this.#vault === null ? NO_VAULT : this.#vault.refused };
    const again = this.#refused.has(key);
    const label = labels[kind](host);
    const answer = await this.#desk.ask({
      kind: 'secret',
      host,
      what: kind,
      label,
      echo: false,
      again,
      remember,
    });
    if (answer.kind !== 'secret') return null;
    const secret = new Secret(answer.secret);
    this.#held.set(key, secret);
    if (answer.remember && this.#vault !== null) this.#toRemember.set(key, kind);
    return secret;
  }

  async #askOther(host: string, label: string, echo = false): Promise<Secret | null> {
    const remember = { refused: 'It can be used only once.' };
    const question = { kind: 'secret', host, what: 'other', label, echo, again: false, remember } as const;
    const answer = await this.#desk.ask(question);
    return answer.kind === 'secret' ? new Secret(answer.secret) : null;
  }
}

const keyOf = (host: string, kind: SecretKind): string => `${host}/${kind}`;
