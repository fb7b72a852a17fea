import en from 'zod/v4/locales/en.js';
import { type ControlMethod, controlParams, RpcRequest } from '../protocol/control.ts';
import { type Failure, invalidInput } from '../protocol/failure.ts';

/** Error numbers of JSON-RPC 2.0, section 5.1. */
export const RPC_PARSE_ERROR = -32700;
export const RPC_INVALID_REQUEST = -32600;
export const RPC_METHOD_NOT_FOUND = -32601;
export const RPC_INVALID_PARAMS = -32602;

type RpcId = string | number;

export type ReadRequest =
  | {
      readonly kind: 'request';
      readonly id: RpcId;
      readonly method: ControlMethod;
      /** Valid for the method. */
      readonly params: unknown;
    }
  | {
      readonly kind: 'refused';
      readonly id: RpcId | null;
      readonly rpcCode: number;
      readonly failure: Failure;
    };

/** Messages that say what was expected; zod/mini brings none of its own. */
const inWords = { error: en().localeError };
const decoder = new TextDecoder('utf-8', { fatal: true });

const isMethod = (name: string): name is ControlMethod => Object.hasOwn(controlParams, name);

/** The failure of a validation, with the field's name even where the field is one too many. */
function refusedInput(error: Parameters<typeof invalidInput>[0], root: string): Failure {
  const issue = error.issues[0];
  if (issue?.code !== 'unrecognized_keys') return invalidInput(error, root);
  const field = [root, ...issue.path.map(String), issue.keys[0] ?? ''].join('.').slice(0, 200);
  return { code: 'input.invalid', message: `${field} is not valid: no such field is known`, field };
}

/** The id of what is otherwise no valid request, so that the caller can tell which of its requests it was. */
function idOf(json: unknown): RpcId | null {
  const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : null;
  const parsed = RpcRequest.shape.id.safeParse(id);
  return parsed.success ? parsed.data : null;
}

/** Reads a line as a request. Everything in it is hostile. */
export function readRequest(line: Uint8Array): ReadRequest {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(line));
  } catch {
    return {
      kind: 'refused',
      id: null,
      rpcCode: RPC_PARSE_ERROR,
      failure: {
        code: 'control.not-json',
        message: 'The request is not one line of JSON in UTF-8.',
        fix: 'Send JSON-RPC 2.0, one message a line.',
      },
    };
  }
  const request = RpcRequest.safeParse(json, inWords);
  if (!request.success) {
    const failure = { ...refusedInput(request.error, 'request'), code: 'control.invalid-request' };
    return { kind: 'refused', id: idOf(json), rpcCode: RPC_INVALID_REQUEST, failure };
  }
  const { id, method, params } = request.data;
  if (!isMethod(method)) {
    const failure: Failure = {
      code: 'control.unknown-method',
      message: `This agent does not know the request "${method}".`,
      meaning: 'The console may be newer than the agent.',
      fix: 'Bring console and agent to the same version.',
      field: 'method',
    };
    return { kind: 'refused', id, rpcCode: RPC_METHOD_NOT_FOUND, failure };
  }
  const valid = controlParams[method].safeParse(params ?? {}, inWords);
  if (valid.success) return { kind: 'request', id, method, params: valid.data };
  return {
    kind: 'refused',
    id,
    rpcCode: RPC_INVALID_PARAMS,
    failure: refusedInput(valid.error, 'params'),
  };
}
