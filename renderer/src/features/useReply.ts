import { useEffect, useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Reply } from '../../../electron/ipc/contract.ts';

export type Answer<Value> =
  | { readonly kind: 'asking' }
  | { readonly kind: 'here'; readonly value: Value }
  | { readonly kind: 'failed'; readonly failure: Failure };

const asking: Answer<never> = { kind: 'asking' };

/**
 * Asks the app on opening, again with another input, and again with another `turn`; an answer to an earlier question is
 * thrown away. `call` is a member of the bridge, `input` its plain input.
 */
export function useReply<Input, Value>(
  call: (input: Input) => Promise<Reply<Value>>,
  input: Input,
  turn: string | number = 0,
): Answer<Value> {
  const asked = JSON.stringify(input);
  const key = `${turn} ${asked}`;
  const [answer, setAnswer] = useState<{ readonly key: string; readonly got: Answer<Value> }>({
    key,
    got: asking,
  });
  useEffect(() => {
    let current = true;
    void call(JSON.parse(asked) as Input).then((reply) => {
      if (!current) return;
      const got: Answer<Value> = reply.ok
        ? { kind: 'here', value: reply.value }
        : { kind: 'failed', failure: reply.failure };
      setAnswer({ key, got });
    });
    return () => {
      current = false;
    };
  }, [call, asked, key]);
  return answer.key === key ? answer.got : asking;
}
