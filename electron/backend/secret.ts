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

/** Asks for a secret of one host; null: there is none. Called at most once per login or sudo attempt. */
export type SecretSource = (hostName: string, kind: SecretKind) => Promise<Secret | null>;
