import type { Page } from '@playwright/test';
import {
  contract,
  type CallName,
  type FeedName,
  type InputOf,
  type OutputOf,
  type Reply,
  type ValueOf,
} from '../../electron/ipc/contract.ts';

type Answers = {
  readonly [N in CallName]?:
    | Reply<OutputOf<N>>
    | ((input: InputOf<N>) => Reply<OutputOf<N>> | Promise<Reply<OutputOf<N>>>);
};

export interface FakeApp {
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  publish<N extends FeedName>(name: N, value: ValueOf<N>): Promise<void>;
  inputsOf<N extends CallName>(name: N): readonly InputOf<N>[];
}

/** Stands in for the app behind the window. Made from the contract itself, so that it can't fall behind it. */
export async function fakeApp(page: Page, answers: Answers = {}): Promise<FakeApp> {
  const calls: { readonly name: CallName; readonly input: unknown }[] = [];
  await page.exposeFunction('understudyAnswer', async (name: CallName, input: unknown) => {
    calls.push({ name, input });
    const answer: unknown = answers[name];
    if (typeof answer === 'function') return (answer as (given: unknown) => unknown)(input);
    const message = `The test gives no answer to ${name}.`;
    return answer ?? { ok: false, failure: { code: 'test.no-answer', message } };
  });
  await page.addInitScript((groups) => {
    const scope = globalThis as unknown as {
      understudyAnswer(name: string, input: unknown): Promise<unknown>;
      understudyLatest: Record<string, unknown>;
    };
    scope.understudyLatest = {};
    const member = (name: string, kind: string) =>
      kind === 'call'
        ? (input: unknown) => scope.understudyAnswer(name, input)
        : (onValue: (value: unknown) => void) => {
            const listener = (event: Event): void => onValue((event as CustomEvent).detail);
            addEventListener(name, listener);
            if (name in scope.understudyLatest) onValue(scope.understudyLatest[name]);
            return () => removeEventListener(name, listener);
          };
    const bridge = Object.entries(groups).map(([group, members]) => [
      group,
      Object.fromEntries(
        Object.entries(members).map(([name, { kind }]) => [name, member(`${group}.${name}`, kind)]),
      ),
    ]);
    Object.assign(globalThis, { understudy: Object.fromEntries(bridge) });
  }, contract);
  return {
    calls,
    publish: (name, value) =>
      page.evaluate(
        ([type, detail]) => {
          (globalThis as unknown as { understudyLatest: Record<string, unknown> }).understudyLatest[type] =
            detail;
          dispatchEvent(new CustomEvent(type, { detail }));
        },
        [name, value] as const,
      ),
    inputsOf: <N extends CallName>(name: N) =>
      calls.filter((call) => call.name === name).map(({ input }) => input as InputOf<N>),
  };
}
