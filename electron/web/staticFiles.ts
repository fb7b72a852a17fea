import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WINDOW_POLICY, windowFile } from '../app/windowFiles.ts';

/** Sent with every answer; the page carries the same policy itself, without `frame-ancestors`. */
const HEADERS = {
  'content-security-policy': WINDOW_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** Answers a GET or HEAD for a file of the built window; everything else is refused. */
export async function serveFile(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (code: number): void => void response.writeHead(code, HEADERS).end();
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = windowFile(folder, (request.url ?? '/').split('?')[0] ?? '/');
  if (file === null) return refuse(404);
  try {
    const data = await readFile(file.path);
    response.writeHead(200, { ...HEADERS, 'content-type': file.type, 'content-length': data.length });
    response.end(request.method === 'HEAD' ? undefined : data);
  } catch {
    refuse(404);
  }
}
