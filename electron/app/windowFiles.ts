import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What the window may load and run, whatever carries it; the page says the same, but for `frame-ancestors`. */
export const WINDOW_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The file inside `folder` that a path asks for, or null when it would lead out of it or is of no known type. */
export function windowFile(
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
