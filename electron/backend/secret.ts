import { inspect } from 'node:util';

/** A password or passphrase that shows as `[secret]` wherever it is printed, logged or serialized. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The text itself: to be handed straight to the one call that needs it, never kept or logged. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

export type SecretKind = 'password' | 'passphrase' | 'sudo';

/** A question that the host asks in its own words, such as for a one-time code. Its text is not to be trusted. */
export interface HostQuestion {
  readonly label: string;
  /** The answer may be shown while it is typed. */
  readonly echo: boolean;
}

/**
 * Asks for a secret of one host; null: there is none. Called at most once per login or sudo attempt. `other` comes with
 * the host's own question, is never remembered, and may take as long as a person does.
 */
export type SecretSource = (
  hostName: string,
  kind: SecretKind | 'other',
  question?: HostQuestion,
) => Promise<Secret | null>;

/** Where secrets are kept that the user lets the app remember. */
export interface SecretVault {
  /** Why nothing is kept beyond this session, in a sentence; null when it is. */
  readonly refused: string | null;
  get(hostName: string, kind: SecretKind): Promise<Secret | null>;
  /** Rejects when it can't be written; it is then held for this session. */
  put(hostName: string, kind: SecretKind, secret: Secret): Promise<void>;
  forget(hostName: string): void;
}
