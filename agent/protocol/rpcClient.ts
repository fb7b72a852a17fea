import {
  controlResults,
  MAX_CONTROL_LINE_BYTES,
  RpcNotification,
  RpcResponse,
  type ControlMethod,
  type ControlParams,
  type ControlResult,
} from './control.ts';
import { type Failure, FailureError, invalidInput } from './failure.ts';
import { readTolerantly } from './tolerant.ts';

/** Answers are a matter of milliseconds; this is for a host in deep trouble. Callers who know more say more. */
const CALL_DEADLINE_MS = 30_000;
/** Calls under way at the same time. The server answers 16 of a connection at once. */
const MAX_PENDING = 64;
/** The server's answer to a line that it could not read as a request at all. */
const PARSE_ERROR = -32700;

export interface RpcClientOptions {
  /** Sends one line, its newline included. */
  readonly send: (line: string) => void;
  /** Calls `action` after `delayMs`; the function returned cancels it. */
  readonly after: (delayMs: number, action: () => void) => () => void;
  readonly onNotification: (notification: RpcNotification) => void;
  /** The other side does not speak the protocol. All calls have been rejected; the stream is to be closed. */
  readonly onFault: (failure: Failure) => void;
}

export interface RpcClient {
  /** Text as it comes from the stream, decoded as UTF-8 across chunks. */
  receive(text: string): void;
  /** Rejects with a FailureError: the agent's own, or one of `control.*`. */
  call<Method extends ControlMethod>(
    method: Method,
    params: ControlParams<Method>,
    deadlineMs?: number,
  ): Promise<ControlResult<Method>>;
  /** The stream has ended: rejects all that is under way, and all later calls. */
  closed(failure: Failure): void;
}

interface Pending {
  readonly method: ControlMethod;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: FailureError) => void;
  readonly cancelDeadline: () => void;
}

/** The console's side of the control protocol, over whatever carries text lines. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  return new LineRpcClient(options);
}

class LineRpcClient implements RpcClient {
  readonly #options: RpcClientOptions;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  /** The beginning of a line whose end has not come. */
  #rest: string[] = [];
  #restLength = 0;
  #over: Failure | null = null;

  constructor(options: RpcClientOptions) {
    this.#options = options;
  }

  receive(text: string): void {
    let from = 0;
    while (this.#over === null) {
      const end = text.indexOf('\n', from);
      const piece = text.slice(from, end === -1 ? undefined : end);
      this.#restLength += piece.length;
      if (this.#restLength > MAX_CONTROL_LINE_BYTES) return this.#fault('It sent a line that is too long.');
      this.#rest.push(piece);
      if (end === -1) return;
      const line = this.#rest.join('');
      this.#rest = [];
      this.#restLength = 0;
      this.#takeLine(line);
      from = end + 1;
    }
  }

  call<Method extends ControlMethod>(
    method: Method,
    params: ControlParams<Method>,
    deadlineMs: number = CALL_DEADLINE_MS,
  ): Promise<ControlResult<Method>> {
    if (this.#over !== null) return Promise.reject(new FailureError(this.#over));
    if (this.#pending.size >= MAX_PENDING)
      return Promise.reject(
        new FailureError({
          code: 'control.busy',
          message: `${MAX_PENDING} requests to the agent are already waiting for an answer.`,
          fix: 'Wait for one of them to end.',
        }),
      );
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<ControlResult<Method>>((resolve, reject) => {
      const cancelDeadline = this.#options.after(deadlineMs, () => {
        this.#pending.delete(id);
        reject(
          new FailureError({
            code: 'control.no-answer',
            message: `The agent did not answer "${method}" within ${Math.round(deadlineMs / 1000)} s.`,
            meaning:
              'The request may still be carried out. VMs and their protection do not depend on this answer.',
            fix: 'Look at the status before asking again.',
          }),
        );
      });
      this.#pending.set(id, {
        method,
        // Checked against this method's schema before it is called.
        resolve: resolve as (result: unknown) => void,
        reject,
        cancelDeadline,
      });
      this.#options.send(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  closed(failure: Failure): void {
    if (this.#over !== null) return;
    this.#over = failure;
    this.#rest = [];
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { cancelDeadline, reject } of pending) {
      cancelDeadline();
      reject(new FailureError(failure));
    }
  }

  #fault(why: string): void {
    const failure: Failure = {
      code: 'control.not-understood',
      message: `The agent's answer could not be understood. ${why}`,
      meaning:
        'Agent and console may be of different versions, or something else answers in the place of the agent.',
      fix: 'Bring console and agent to the same version.',
    };
    this.closed(failure);
    this.#options.onFault(failure);
  }

  #takeLine(line: string): void {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return this.#fault('It is not JSON.');
    }
    if (typeof json === 'object' && json !== null && 'method' in json) {
      const notification = readTolerantly(RpcNotification, json);
      if (!notification.success) return this.#fault(invalidInput(notification.error, 'notification').message);
      return this.#options.onNotification(notification.data);
    }
    const response = RpcResponse.safeParse(json);
    if (!response.success) return this.#fault(invalidInput(response.error, 'answer').message);
    this.#takeResponse(response.data);
  }

  #takeResponse(response: RpcResponse): void {
    if (response.id === null && 'error' in response && response.error.code === PARSE_ERROR)
      return this.#fault('It could not read the request.');
    const pending = typeof response.id === 'number' ? this.#pending.get(response.id) : undefined;
    // Unknown: an answer that comes after its deadline.
    if (pending === undefined || typeof response.id !== 'number') return;
    this.#pending.delete(response.id);
    pending.cancelDeadline();
    if ('error' in response) {
      const { message, data } = response.error;
      return pending.reject(
        new FailureError(data ?? { code: 'control.refused', message: message || 'Refused.' }),
      );
    }
    const result = readTolerantly<unknown>(controlResults[pending.method], response.result);
    if (result.success) return pending.resolve(result.data);
    pending.reject(
      new FailureError({
        code: 'control.not-understood',
        message: `The agent's answer to "${pending.method}" could not be understood. ${invalidInput(result.error, 'result').message}`,
        meaning: 'Agent and console may be of different versions.',
        fix: 'Bring console and agent to the same version.',
      }),
    );
  }
}
