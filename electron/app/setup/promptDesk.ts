import { randomUUID } from 'node:crypto';
import { FailureError } from '../../../agent/protocol/failure.ts';
import type { PromptAnswer } from '../../ipc/setup/contract.ts';
import type { Prompt } from '../../ipc/setup/views.ts';

/** Questions that wait for a person at once; hosts that ask for more are refused an answer. */
const MAX_OPEN = 16;

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type Question = Without<Prompt, 'id'>;

interface Waiting {
  readonly prompt: Prompt;
  readonly resolve: (answer: PromptAnswer) => void;
}

/** Questions that only a person can answer. Secrets pass through in answers and are kept nowhere here. */
export class PromptDesk {
  readonly #waiting: Waiting[] = [];
  readonly #publish: (open: readonly Prompt[]) => void;

  constructor(publish: (open: readonly Prompt[]) => void) {
    this.#publish = publish;
    publish([]);
  }

  /** Resolves with `refuse` also when nobody is there to answer any more. */
  ask(question: Question): Promise<PromptAnswer> {
    if (this.#waiting.length >= MAX_OPEN) return Promise.resolve({ kind: 'refuse' });
    return new Promise((resolve) => {
      this.#waiting.push({ prompt: { ...question, id: randomUUID() }, resolve });
      this.#show();
    });
  }

  answer(id: string, answer: PromptAnswer): void {
    const index = this.#waiting.findIndex(({ prompt }) => prompt.id === id);
    const waiting = this.#waiting[index];
    if (waiting === undefined) {
      const message = 'This question is no longer open.';
      throw new FailureError({ code: 'setup.prompt-gone', message, field: 'id' });
    }
    const fits =
      answer.kind === 'refuse' || (answer.kind === 'secret') === (waiting.prompt.kind === 'secret');
    if (!fits) {
      const message = `This question is answered with ${waiting.prompt.kind === 'secret' ? 'a secret' : 'yes or no'}.`;
      throw new FailureError({ code: 'input.invalid', message, field: 'answer.kind' });
    }
    this.#waiting.splice(index, 1);
    this.#show();
    waiting.resolve(answer);
  }

  /** Refuses what is open: of one host, or everything. */
  cancel(host: string | null = null): void {
    const gone = this.#waiting.filter(({ prompt }) => host === null || prompt.host === host);
    for (const waiting of gone) this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    if (gone.length > 0) this.#show();
    for (const { resolve } of gone) resolve({ kind: 'refuse' });
  }

  #show(): void {
    this.#publish(this.#waiting.map(({ prompt }) => prompt));
  }
}
