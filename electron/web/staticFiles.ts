import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Sent with every answer; the page carries the same policy itself, without `frame-ancestors`. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** The file inside `folder` that a path asks for, or null when it would lead out of it or is of no known type. */
export function fileFor(
  folder: string,
  requestPath: string,
): { readonly path: string; readonly type: string } | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(requestPath);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  const path = normalize(join(folder, decoded === '/' ? 'index.html' : decoded));
  const type = TYPES[extname(path)];
  if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep) || type === undefined) return null;
  return { path, type };
}

/** Answers a GET or HEAD for a file of the built window; everything else is refused. */
export async function serveFile(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (code: number): void => void response.writeHead(code, HEADERS).end();
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = fileFor(folder, (request.url ?? '/').split('?')[0] ?? '/');
  if (file === null) return refuse(404);
  try {
    const data = await readFile(file.path);
    response.writeHead(200, { ...HEADERS, 'content-type': file.type, 'content-length': data.length });
    response.end(request.method === 'HEAD' ? undefined : data);
  } catch {
    refuse(404);
  }
}
