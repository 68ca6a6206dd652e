import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

import { packageVersion } from './package-version';

export const DOCS_PATH = '/docs';
const DOCUMENT_PATH = '/openapi.json';

const DESCRIPTION = `Passwordless sign-in: ask for a link, open it, use the session.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`. Times are ISO 8601 in UTC.`;

/** Serves the OpenAPI document at `/openapi.json`, and Swagger UI, from our own origin, at `/docs`. */
export function serveOpenApi(app: NestExpressApplication, publicUrl: string): void {
  SwaggerModule.setup(DOCS_PATH, app, describeApi(app, publicUrl), {
    jsonDocumentUrl: DOCUMENT_PATH,
    raw: ['json'],
    customSiteTitle: 'MIRA Auth API',
  });
}

/** Generates the OpenAPI document from the routes as they are. */
function describeApi(app: NestExpressApplication, publicUrl: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('MIRA Auth')
    .setDescription(DESCRIPTION)
    .setVersion(packageVersion())
    .addServer(publicUrl)
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'The `session_token` of a sign-in.',
    })
    .addCookieAuth('__Host-mira_session', {
      type: 'apiKey',
      in: 'cookie',
      description:
        'Set by a sign-in with `"transport": "cookie"`; called `mira_session` where the public URL is plain http on a loopback host.',
    })
    .build();
  return SwaggerModule.createDocument(app, config);
}
