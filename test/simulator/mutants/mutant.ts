/** One rule of docs/safety.md taken out of the shipped code: a text that stands in a file exactly once, replaced. */
export interface Mutant {
  readonly id: string;
  /** Number of the rule in docs/safety.md. */
  readonly rule: number;
  /** What the code does wrong with it. */
  readonly what: string;
  /** From the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /**
   * Unit tests that fail with it. They count where the world and the searches notice nothing: what they do not contain
   * (shell scripts, kernel files), and rules that stand behind another one, so that in a whole group nothing goes wrong
   * when only one of the two is missing.
   */
  readonly units?: readonly string[];
}

/** @throws Error when the text is not there exactly once: the code has moved on, and the mutant must follow. */
export function applyMutant(mutant: Mutant, text: string): string {
  const parts = text.split(mutant.find);
  if (parts.length !== 2) {
    throw new Error(`${mutant.id}: its text stands ${parts.length - 1} times in ${mutant.file}, not once`);
  }
  return parts.join(mutant.replace);
}
