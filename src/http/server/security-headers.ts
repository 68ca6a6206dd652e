import type { IncomingMessage, ServerResponse } from 'node:http';

import helmet from 'helmet';

/** An API loads nothing and is framed by nobody; pages that need more set their own policy. */
const API_CONTENT_SECURITY_POLICY = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** Swagger UI comes from our own origin, writes `<style>` elements, and holds its icons inline. */
const DOCS_CONTENT_SECURITY_POLICY = {
  ...API_CONTENT_SECURITY_POLICY,
  'connect-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
};

/** ASVS 5.0, 3.4.1: at least one year, subdomains included. */
const HSTS = { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true };

export type HeaderMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Express middleware for the headers that every answer carries. `no-store` is among them for all
 * paths, so that no other spelling of a path under `/auth` goes without it; a route may replace it.
 * @param options.publicUrl HSTS is sent if it is an https URL
 * @param options.docsPath where Swagger UI is shown, if anywhere
 */
export function securityHeaders(options: {
  readonly publicUrl: string;
  readonly docsPath: string | undefined;
}): HeaderMiddleware {
  const hsts = new URL(options.publicUrl).protocol === 'https:' ? HSTS : false;
  const api = helmetWith(API_CONTENT_SECURITY_POLICY, hsts);
  const docs = helmetWith(DOCS_CONTENT_SECURITY_POLICY, hsts);
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const isDocs = options.docsPath !== undefined && isUnder(options.docsPath, request.url ?? '');
    (isDocs ? docs : api)(request, response, next);
  };
}

function helmetWith(
  directives: Record<string, string[]>,
  strictTransportSecurity: typeof HSTS | false,
): HeaderMiddleware {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity,
    xFrameOptions: { action: 'deny' },
  });
}

function isUnder(root: string, url: string): boolean {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return path === root || path.startsWith(`${root}/`);
}
