import { fail } from '../backend/failures.ts';
import { Secret, type SecretSource } from '../backend/secret.ts';

/** A password line is short; more on standard input is a mistake. */
const MAX_PASSWORD_BYTES = 4096;

export interface SecretFlags {
  readonly passwordEnv: string | undefined;
  readonly passwordStdin: boolean;
  readonly sudoPasswordEnv: string | undefined;
  readonly passphraseEnv: string | undefined;
}

/**
 * Secrets come from the environment or standard input, never from arguments, which every user of the machine can read.
 * sudo gets its own password if there is one, else the one for the login.
 */
export async function secretSource(
  flags: SecretFlags,
  env: NodeJS.ProcessEnv,
  input: AsyncIterable<Uint8Array>,
): Promise<{ readonly source: SecretSource; readonly hasPassword: boolean }> {
  const password = flags.passwordStdin ? await firstLine(input) : fromEnv(flags.passwordEnv, env);
  const sudo = fromEnv(flags.sudoPasswordEnv, env) ?? password;
  const passphrase = fromEnv(flags.passphraseEnv, env);
  const byKind = { password, sudo, passphrase };
  return {
    source: async (_host, kind) => (kind === 'other' ? null : byKind[kind]),
    hasPassword: password !== null,
  };
}

function fromEnv(name: string | undefined, env: NodeJS.ProcessEnv): Secret | null {
  if (name === undefined) return null;
  const value = env[name];
  if (value !== undefined && value !== '') return new Secret(value);
  throw fail({
    code: 'input.secret-missing',
    message: `The environment has no variable ${name}.`,
    fix: `Set it for this command: ${name}=... npm run console -- ...`,
    field: name.slice(0, 200),
  });
}

async function firstLine(input: AsyncIterable<Uint8Array>): Promise<Secret> {
  let text = '';
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > MAX_PASSWORD_BYTES) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line !== '' && line.length <= MAX_PASSWORD_BYTES) return new Secret(line);
  throw fail({
    code: 'input.secret-missing',
    message: 'Standard input holds no password.',
    fix: 'Pipe one line into the command, or use --password-env NAME.',
    field: 'password-stdin',
  });
}
