/** What is taken out before anything is shown or saved, each with the word that stands for it. */
interface Rule {
  readonly kind: string;
  readonly pattern: RegExp;
  /** The match with its secret part replaced; null: this match is none after all. */
  readonly replace: (match: readonly string[], label: (secret: string) => string) => string | null;
}

/** Names that hold a secret when text follows. A token's index in a status is a number, and stays. */
const NAMES =
  'pass(?:word|phrase|wd)?|secret|token|api[-_]?key|private[-_]?key|credential|authorization|cookie';

const RULES: readonly Rule[] = [
  {
    kind: 'private keys',
    pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    replace: ([whole = ''], label) => label(whole),
  },
  {
    kind: 'named secrets',
    // JSON ("password":"x"), settings (password=x) and headers (Authorization: x y).
    pattern: new RegExp(
      `((?:${NAMES})["']?\\s*[:=]\\s*)("(?:[^"\\\\\\n]|\\\\.)*"|[^\\s",;}{\\][]+(?: [^\\s",;}{\\][]+)?)`,
      'gi',
    ),
    replace: ([, name = '', value = ''], label) => {
      const bare = value.replace(/^"|"$/g, '');
      if (bare === '' || /^(?:\d+|null|true|false|running|stopped)$/i.test(bare)) return null;
      return `${name}${value.startsWith('"') ? JSON.stringify(label(bare)) : label(bare)}`;
    },
  },
  {
    kind: 'logins in addresses',
    pattern: /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]+):([^\s/@]+)@/gi,
    replace: ([, scheme = '', user = '', password = ''], label) => `${scheme}${user}:${label(password)}@`,
  },
  {
    kind: 'addresses of webhooks',
    // Of receivers whose addresses are the secret. Ours never leave the hosts, but a log may quote one.
    pattern:
      /(https:\/\/(?:hooks\.slack\.com\/|[\w.-]+\.webhook\.office\.com\/|[\w.-]+\.logic\.azure\.com[:/]|api\.telegram\.org\/bot))([^\s"'<>\\]+)/gi,
    replace: ([, place = '', rest = ''], label) => `${place}${label(rest)}`,
  },
  {
    kind: 'bearer tokens',
    pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
    replace: ([whole = ''], label) => label(whole),
  },
  {
    kind: 'long keys and identities',
    // Group keys, page tokens and hardware ids are 32 bytes in hex.
    pattern: /\b[0-9a-f]{64}\b/gi,
    replace: ([whole = ''], label) => label(whole.toLowerCase()),
  },
  {
    kind: 'user names in paths',
    pattern: /(\/home\/|\/Users\/|\\Users\\)([^/\\\s"']+)/g,
    replace: ([, folder = '', user = ''], label) => `${folder}${label(user)}`,
  },
];

export const REDACTED_KINDS: readonly string[] = RULES.map(({ kind }) => kind);

export interface Redacted {
  readonly text: string;
  readonly count: number;
}

/** Takes secrets out. The same secret becomes the same word everywhere, so that a reader can still compare. */
export class Redactor {
  readonly #labels = new Map<string, string>();

  redact(text: string): Redacted {
    let count = 0;
    let result = text;
    for (const { pattern, replace } of RULES) {
      result = result.replace(pattern, (...args: readonly unknown[]) => {
        const groups = args.filter((arg): arg is string => typeof arg === 'string').slice(0, -1);
        const replaced = replace(groups, (secret) => this.#label(secret));
        if (replaced === null) return groups[0] ?? '';
        count += 1;
        return replaced;
      });
    }
    return { text: result, count };
  }

  #label(secret: string): string {
    // What is a word for something already stays that word.
    if (/^\[redacted \d+\]$/.test(secret)) return secret;
    const known = this.#labels.get(secret) ?? `[redacted ${this.#labels.size + 1}]`;
    this.#labels.set(secret, known);
    return known;
  }
}
